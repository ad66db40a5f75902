// A tile of the family "tiled" in fp16, two values to a word of shared memory: A in pairs along K, W in pairs along N.
//
// PACKED: products are summed in packed fp16 (two columns to an instruction, v_pk_fma_f16 on AMD) for the 16 k of a tile, then
// in fp32. Else every product is summed in fp32 (v_fma_mix_f32).
//
// Ladder, compiled by RADV 25.0.7 for rembrandt, 32 lanes (not run there): inverse throughput of matmul with bias for 16 k of a
// tile of 64x64, VGPRs, waves per SIMD.
//   converted to fp32 in shared memory                           9784    80   12
//   words of fp16, stores in pairs, sums in fp32                 9096    64   16
//   PACKED, tiles of 32 k                                        4825   112    9
//   PACKED, tiles of 16 k, partial sums kept for two tiles       5640   112    9
//   PACKED, tiles of 16 k                                        5304    80   12   conv2d 5573, conv3d along time 5471
// gfx1151: 8650 and 5098. The partial sums of 16 products round by at most 16 steps of 2^-11 before fp32 takes over: NMSE about
// 3.5e-7, within the limit of all fp16 cases. A partial sum beyond 65504 is infinite, as a result beyond it would be.
#include "half_vectors.glsl"

layout(constant_id = 3) const bool PACKED = false;

#define TILE_DEPTH 16
#define B_BYTES 16
#define PAIRS (COLUMNS / 2)
#define B_PITCH (TILE_COLUMNS / 2)

const uint B_VECTORS = TILE_DEPTH * TILE_COLUMNS / WIDTH / WORKGROUP_SIZE;

shared uint tile_a[TILE_DEPTH / 2 * A_PITCH];
shared uint tile_b[TILE_DEPTH * B_PITCH];

// The registers the next tile waits in.
uvec4 next_a;
uvec4 next_b[B_VECTORS];

void load_tile(uint c, uint count)
{
    // Half of the invocations begin at k, which is a channel for certain: comparing c would hold a register through the loop.
    bool present = inside && (!CHANNEL_TAIL || gl_LocalInvocationID.x < TILE_ROWS || k + TILE_DEPTH / 2 < count);
    next_a = load_vector(origin, c, count, present, vectors);
    [[unroll]] for (uint i = 0; i < B_VECTORS; i++) next_b[i] = Vector(panel + i * (WORKGROUP_SIZE * B_BYTES)).v;
}

void share_tile()
{
    uint row = gl_LocalInvocationID.x % TILE_ROWS;
    uint first = gl_LocalInvocationID.x / TILE_ROWS * (TILE_DEPTH / 4);
    [[unroll]] for (uint i = 0; i < TILE_DEPTH / 4; i++) tile_a[(first + i) * A_PITCH + row] = next_a[i];
    [[unroll]] for (uint i = 0; i < B_VECTORS; i++)
    {
        [[unroll]] for (uint e = 0; e < 4; e++) tile_b[(gl_LocalInvocationID.x + i * WORKGROUP_SIZE) * 4 + e] = next_b[i][e];
    }
}

// The two columns of pair `j` at `k`.
f16vec2 pair_of_b(uint k, uint j)
{
    return unpackFloat2x16(tile_b[k * B_PITCH + j * (TILE_COLUMNS / 4) + gl_LocalInvocationID.x % 16]);
}

void multiply_tile()
{
    f16vec2 partial[ROWS * PAIRS];
    [[unroll]] for (uint i = 0; i < ROWS * PAIRS; i++) partial[i] = f16vec2(0.0);
    uint row = gl_LocalInvocationID.x / 16 * ROWS;
    for (uint first = 0; first < TILE_DEPTH; first += UNROLL)
    {
        [[unroll]] for (uint i = 0; i < UNROLL; i += 2)
        {
            f16vec2 b[2 * PAIRS];
            [[unroll]] for (uint j = 0; j < 2 * PAIRS; j++) b[j] = pair_of_b(first + i + j / PAIRS, j % PAIRS);
            [[unroll]] for (uint r = 0; r < ROWS; r++)
            {
                f16vec2 a = unpackFloat2x16(tile_a[(first + i) / 2 * A_PITCH + row + r]);
                [[unroll]] for (uint j = 0; j < 2 * PAIRS; j++)
                {
                    float16_t x = a[j / PAIRS];
                    uint p = r * PAIRS + j % PAIRS;
                    if (PACKED)
                    {
                        partial[p] = fma(f16vec2(x), b[j], partial[p]);
                    }
                    else
                    {
                        sums[2 * p] = fma(float(x), float(b[j].x), sums[2 * p]);
                        sums[2 * p + 1] = fma(float(x), float(b[j].y), sums[2 * p + 1]);
                    }
                }
            }
        }
    }
    if (PACKED)
    {
        [[unroll]] for (uint i = 0; i < ROWS * COLUMNS; i++) sums[i] += float(partial[i / 2][i % 2]);
    }
}
