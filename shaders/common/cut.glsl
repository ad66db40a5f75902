// Long unrolled products on CPU drivers, cut where cut() stands. LLVM takes the sums of such code one after the other, two rows through all
// k before the next two, and keeps every value of both operands on the stack meanwhile. Behind a branch that reads all sums it can
// not: each must be done with the k before it. The branch is never taken. It is longer than what gallivm makes straight code of (8).
// cut_rows() does so for some of the rows. Needs sums, NEVER, which is false without the compiler's knowing, and SINK, any address.
#ifndef CUT_GLSL
#define CUT_GLSL
void cut_rows(uint first, uint count)
{
    if (NEVER)
    {
        float all = 0.0;
        [[unroll]] for (uint i = 0; i < count * COLUMNS; i++) all += sums[first * COLUMNS + i];
        F32(SINK).v[0] = all;
    }
}

void cut() { cut_rows(0, ROWS); }
#endif
