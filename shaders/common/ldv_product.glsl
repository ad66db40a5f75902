// The loop of the family "ldv": ROWS x COLUMNS LANES sums of rows of A, a uniform load each, and a panel [K][COLUMNS LANES] of B. Its
// ladder is in matrix_ldv.glsl. Needs sums, PANEL, STEP, LOAD_A and A_BYTES of a value of A, load_weights and B_BYTES of one of B,
// and what cut.glsl needs.
#include "cut.glsl"

#define CUT_STEP 4

// Adds `count` channels from the rows' addresses on, times as many k of the panel from `block` on.
void accumulate(uint64_t origin[ROWS], uint64_t block, uint count)
{
    uint counter = counter_start(NEVER), c;
    do
    {
        c = counted(counter);
        uint64_t offset = uint64_t(c) * A_BYTES;
        uint64_t step = block + uint64_t(c) * (PANEL * B_BYTES);
        [[unroll]] for (uint k = 0; k < STEP; k++)
        {
            if (k > 0 && k % CUT_STEP == 0) cut();
            float b[COLUMNS];
            [[unroll]] for (uint j = 0; j < COLUMNS; j++) b[j] = load_weights(step, k * PANEL + j * LANES);
            [[unroll]] for (uint r = 0; r < ROWS; r++)
            {
                float a = LOAD_A(origin[r] + offset, k);
                [[unroll]] for (uint j = 0; j < COLUMNS; j++) sums[r * COLUMNS + j] = fma(a, b[j], sums[r * COLUMNS + j]);
            }
        }
        counter += STEP;
    } while (c + STEP < count);
}
