// Matrix core, family "coopmat": fp16 x fp16 -> fp32 by VK_KHR_cooperative_matrix. Four subgroups, 2 x 2, each hold
// TILES_M x TILES_N accumulators of TILE_M x TILE_N; STEP of K at a time goes through shared memory. While one step is
// multiplied the next one is already on its way into registers.
//
//   A: an invocation fetches up to four vectors of 8 channels of each of its rows.
//   W: packed [N / PANEL][K / 8][PANEL][8], the block of a step is contiguous.
// Shared memory is an array of uvec4 whatever it holds: loads of a matrix are then vector loads. A row of STEP k takes one
// vector more than it fills, so that neighbouring rows start in different banks.
// A subgroup's two tiles along N are PANEL / 2 columns apart: with GEGLU a value's gate is then in the same subgroup.
// On their way out accumulators pass through shared memory, a row of tiles at a time: an invocation then has 8 columns of one
// row, whatever the layout of an accumulator on the device.
//
// Ladder, compiled by RADV 25.0.7 for gfx1151, 64 lanes (not run there); inverse throughput for a matrix of 16x16x16, of which 32
// is v_wmma itself, at the compiler's eight turns of the loop, way out included; matmul with bias unless said otherwise:
//   a loop over the units of a tile row on the way out     67.8
//   one unit a lane and pass, scalar loads of the bias     37.9
//   bias and shift as vectors                              35.7   conv2d 37.8, conv3d along time 37.0; conv2d with second source,
//                                                          shift and residual 40.0
// 108 VGPRs (phoenix 112), 8 waves per SIMD, 15,360 bytes of shared memory, no spills, 16 v_wmma a turn, no halfword loads. With 32
// lanes: 37.6, but 168 VGPRs and 5 waves. Run in 8x8x8 on lavapipe 26.2, where it is slow, for its results.
#extension GL_KHR_cooperative_matrix : require
#extension GL_KHR_memory_scope_semantics : require
#extension GL_KHR_shader_subgroup_basic : require

#include "half_vectors.glsl"

layout(constant_id = 2) const uint TILE_M = 16;
layout(constant_id = 3) const uint TILE_N = 16;
layout(constant_id = 4) const uint TILE_K = 16;

#define SUBGROUPS_M 2
#define SUBGROUPS_N 2
#ifndef TILES_M
#define TILES_M 4
#endif
#define TILES_N 2
#define STEP 32
#define PITCH (STEP / WIDTH + 1)

const uint LANES = WORKGROUP_SIZE / (SUBGROUPS_M * SUBGROUPS_N);
const uint GROUP_ROWS = SUBGROUPS_M * TILES_M * TILE_M;
const uint PANEL = SUBGROUPS_N * TILES_N * TILE_N;
const uint A_VECTORS = GROUP_ROWS * (STEP / WIDTH) / WORKGROUP_SIZE; // an invocation's share of a step
const uint B_VECTORS = PANEL * (STEP / WIDTH) / WORKGROUP_SIZE;
const uint ROW_VECTORS = A_VECTORS < STEP / WIDTH ? A_VECTORS : STEP / WIDTH;
const uint OWN_ROWS = A_VECTORS / ROW_VECTORS;
const uint ROW_LANES = STEP / WIDTH / ROW_VECTORS; // invocations that share a row

const uint OUT_PITCH = TILE_N / 4 + 1; // of an accumulator in shared memory
const uint STAGED = GROUP_ROWS * PITCH + PANEL * PITCH;
const uint LEAVING = SUBGROUPS_M * SUBGROUPS_N * TILES_N * TILE_M * OUT_PITCH;

shared uvec4 stage[STAGED > LEAVING ? STAGED : LEAVING];

#include "activation.glsl"
#define GEGLU (ACTIVATION == ACTIVATION_GEGLU)

coopmat<float, gl_ScopeSubgroup, TILE_M, TILE_N, gl_MatrixUseAccumulator> sums[TILES_M * TILES_N];

// Where the next step of A and W comes from, and the registers it waits in.
Row own[OWN_ROWS];
bool inside[OWN_ROWS];
uint64_t origin[OWN_ROWS];
Tap tap;
bool second;
bool vectors;
uint k;
uint64_t panel;
uvec4 next_a[A_VECTORS];
uvec4 next_b[B_VECTORS];

uint own_row(uint i) { return gl_LocalInvocationID.x / ROW_LANES + i * (GROUP_ROWS / OWN_ROWS); }
uint own_vector() { return gl_LocalInvocationID.x % ROW_LANES * ROW_VECTORS; }

void seek()
{
    uint64_t base = second ? SECOND : x;
    uint stride = second ? SECOND_STRIDE : x_stride;
    [[unroll]] for (uint i = 0; i < OWN_ROWS; i++)
    {
        uint pixel;
        inside[i] = fetch(own[i], tap, pixel);
        origin[i] = base + uint64_t(pixel) * (stride * 2) + own_vector() * (WIDTH * 2);
    }
}

void load_next()
{
    uint count = second ? SECOND_CHANNELS : channels;
    [[unroll]] for (uint i = 0; i < OWN_ROWS; i++)
    {
        [[unroll]] for (uint q = 0; q < ROW_VECTORS; q++)
        {
            uint c = k + (own_vector() + q) * WIDTH;
            next_a[i * ROW_VECTORS + q] = load_vector(origin[i] + q * (WIDTH * 2), c, count, inside[i] && (!CHANNEL_TAIL || c < count), vectors);
        }
        origin[i] += STEP * 2;
    }
    [[unroll]] for (uint i = 0; i < B_VECTORS; i++)
        next_b[i] = Vector(panel + i * (WORKGROUP_SIZE * 16)).v;
    panel += PANEL * STEP * 2;

    k += STEP;
    if (k >= count)
    {
        k = 0;
        if (!HAS_SECOND || second) tap = next_tap(tap);
        second = HAS_SECOND && !second;
        seek();
    }
}

void share_next()
{
    [[unroll]] for (uint i = 0; i < OWN_ROWS; i++)
    {
        [[unroll]] for (uint q = 0; q < ROW_VECTORS; q++)
            stage[own_row(i) * PITCH + own_vector() + q] = next_a[i * ROW_VECTORS + q];
    }
    [[unroll]] for (uint i = 0; i < B_VECTORS; i++)
    {
        uint unit = gl_LocalInvocationID.x + i * WORKGROUP_SIZE;
        stage[(GROUP_ROWS + unit % PANEL) * PITCH + unit / PANEL] = next_b[i];
    }
}

void multiply_step()
{
    uint a_from = gl_SubgroupID / SUBGROUPS_N * (TILES_M * TILE_M * PITCH);
    uint b_from = (GROUP_ROWS + gl_SubgroupID % SUBGROUPS_N * TILE_N) * PITCH;
    [[unroll]] for (uint kk = 0; kk < STEP; kk += TILE_K)
    {
        coopmat<float16_t, gl_ScopeSubgroup, TILE_K, TILE_N, gl_MatrixUseB> b[TILES_N];
        [[unroll]] for (uint j = 0; j < TILES_N; j++)
            coopMatLoad(b[j], stage, b_from + j * (PANEL / TILES_N * PITCH) + kk / WIDTH, PITCH, gl_CooperativeMatrixLayoutColumnMajor);
        [[unroll]] for (uint i = 0; i < TILES_M; i++)
        {
            coopmat<float16_t, gl_ScopeSubgroup, TILE_M, TILE_K, gl_MatrixUseA> a;
            coopMatLoad(a, stage, a_from + i * (TILE_M * PITCH) + kk / WIDTH, PITCH, gl_CooperativeMatrixLayoutRowMajor);
            [[unroll]] for (uint j = 0; j < TILES_N; j++) sums[i * TILES_N + j] = coopMatMulAdd(a, b[j], sums[i * TILES_N + j]);
        }
    }
}

#include "epilogue_coopmat.glsl"

void multiply()
{
    uint first_row = row_tile() * GROUP_ROWS;
    [[unroll]] for (uint i = 0; i < OWN_ROWS; i++) own[i] = row_at(min(first_row + own_row(i), rows - 1));
    tap = first_tap();
    second = false;
    k = 0;
    panel = weight + uint64_t(packed_panel()) * depth * (PANEL * 2) + gl_LocalInvocationID.x * 16;
    vectors = !SCALAR_LOADS && (!SLICED || ((x | (HAS_SECOND ? SECOND : 0ul)) & 15) == 0);
    [[unroll]] for (uint i = 0; i < TILES_M * TILES_N; i++)
        sums[i] = coopmat<float, gl_ScopeSubgroup, TILE_M, TILE_N, gl_MatrixUseAccumulator>(0.0);

    seek();
    load_next();
    uint steps_left = depth / STEP;
    do
    {
        barrier();
        share_next();
        barrier();
        steps_left--;
        if (steps_left > 0) load_next();
        multiply_step();
    } while (steps_left > 0);

    barrier();
    finish(first_row);
}
