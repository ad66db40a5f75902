#version 460
// bench_fma: the fp32 multiply-add peak, the flat part of a roofline. CHAINS independent sums per invocation hide the latency of
// one another; 64-bit addresses and loops stay outside of the unrolled part.
//
// Constants: 0 workgroup size, 1 TURNS of the unrolled part. Per invocation: rounds * TURNS * CHAINS multiply-adds, one value stored so that none is dropped.
// Ladder: v1 twelve chains: with factor and offset they fit the sixteen vector registers of AVX2. v2 TURNS: CPU drivers
//         blend what goes round a loop, which costs AVX2 memory traffic. 4, 8, 16, 32 turns: Mesa 26.2 39, 61, 86, 91 GFLOP/s; 25.0.7,
//         which has no fused multiply-add and runs out of registers sooner, 58, 48, 33, 23. The roofline is the best of few and many.
//         v3 cut behind every other turn, as LLVM takes one chain through all turns before the next: on AVX-512 26.2 64 to 108 GFLOP/s of 113; 25.0.7
//         unchanged at 89.
#include "common/types.glsl"

#define CHAINS 12

layout(constant_id = 1) const uint TURNS = 4;

layout(push_constant, scalar) uniform Push
{
    uint64_t y;
    float factor;
    float offset;
    uint rounds;
};

#define ROWS CHAINS
#define COLUMNS 1
#define NEVER (rounds == 0)
#define SINK y
float sums[CHAINS];
#include "common/cut.glsl"

void main()
{
    [[unroll]] for (uint i = 0; i < CHAINS; i++) sums[i] = float(gl_LocalInvocationID.x + i);
    uint left = rounds;
    do
    {
        [[unroll]] for (uint turn = 0; turn < TURNS; turn++)
        {
            if (turn > 0 && turn % 2 == 0) cut();
            [[unroll]] for (uint i = 0; i < CHAINS; i++) sums[i] = fma(sums[i], factor, offset);
        }
        left--;
    } while (left > 0);

    float total = 0.0;
    [[unroll]] for (uint i = 0; i < CHAINS; i++) total += sums[i];
    F32(y).v[gl_WorkGroupID.x * WORKGROUP_SIZE + gl_LocalInvocationID.x] = total;
}
