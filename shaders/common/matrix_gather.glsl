// Matrix core, family "gather": for CPU drivers that turn every load into a gather and have no vector loads (lavapipe of
// Mesa up to 25). One subgroup per workgroup computes ROWS x COLUMNS LANES sums, without shared memory.
//
// The unit of a load is 64 bits per lane: 2 fp32 or 4 fp16, since a gather costs the same for 32 and 64 bits.
//   A: lane = (row, k-group): lane % GROUP_ROWS is the row, lane / GROUP_ROWS the group of A_WIDTH channels.
//   W: packed [N / PANEL][K / B_WIDTH][PANEL][B_WIDTH]: each lane reads B_WIDTH consecutive k of its own column. Of two vectors of columns
//      a lane has two neighbours, which it stores by 64 bits: half of the code of the epilogue, which was half of it all.
// Each value of A then reaches all lanes by subgroupBroadcast with a lane number known when the pipeline is compiled.
// Loops are do-while: the driver's `break` only masks lanes, so a `for` runs once more with all lanes off.
// Ladder (Mesa 25.0.7, one core, best of 5 by processor time, GFLOP/s, 2560x320x320 fp32): shared-memory tiles 2.7; register
// tiles with "uniform" loads 6.8; broadcasts of 32-bit gathers 16; 64-bit gathers with (row, k-group) lanes 25; this file:
//                        8 lanes f32  f32w16  f16     16 lanes f32  f32w16  f16
//   matmul 2560x320x320          28      31    33               29      28    38
//   GEGLU 640x320x2560           32      35    35               37      41    43
//   conv 3x3 20x32 320->320      33      36    37               37      45    47
//   conv 3x1x1 16x5x8 320        32      35    37               38      44    47
// 16 lanes held 8 rows and 16 sums each there, 8 lanes 16 rows and 32 sums.
// AVX-512, 8 lanes, f32w16, 2560x320 -> 1536, in turns: the above 21 (best of 11 runs 26); rows in groups of a few tiles past all panels
// (WorkgroupWalk.cs) 24 (29); 16 rows of 4 vectors, whose sums go through memory as the 32 before do, and cut 31 (34); 12 of 4 30 (32), which is
// compiled in 100 ms where 16 take 130 and is the default.
// Zen 5, f32w16 2560x320 -> 2560, 3x3 convolutions of 640 channels 20x32 and of 1280 10x16: 8 lanes, 12 rows of 4 vectors 36, 91, 53.
//   16 lanes, 8 x 2: 27, 62, 36; 16 x 2: 32, 63, 36; the halves' words kept apart (gather_product.glsl): 45, 85, 49; 16 x 4: 44, 98, 55;
//   by groups of rows, turns of 8 k for 16: 16 x 4: 47, 107, 66; an epilogue without branches, 20 x 4: 48, 124, 73;
//   B's lines touched a turn ahead 52, 128, 75; four turns' at once 51, 140, 84 (eight the same); 40 x 4 for 40 rows 16 % more of the last.
//   Compiled in 140 to 230 ms. Not kept: groups of 8 rows, 4 k a block, a fifth less to compile and 8 % slower; 8 lanes by groups: 15 % slower.
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_ballot : require

layout(constant_id = 2) const uint ROWS = 16;
layout(constant_id = 3) const uint COLUMNS = 2; // sums of a row per lane; even with GEGLU

#define LANES WORKGROUP_SIZE
const uint PANEL = COLUMNS * LANES;

float sums[ROWS * COLUMNS];
#include "epilogue.glsl"

#define NEVER (columns == 0)
#define SINK y

uint column_at(uint j)
{
    return panel_index() * (GEGLU ? PANEL / 2 : PANEL) + lane_column(j);
}

#include "gather_product.glsl"

void multiply()
{
    uint first_row = row_tile() * ROWS;
    uint64_t panel = weight + uint64_t(packed_panel()) * depth * (PANEL * B_BYTES);

    Row own[GROUPS];
    [[unroll]] for (uint g = 0; g < GROUPS; g++) own[g] = row_at(min(first_row + g * GROUP_ROWS + gl_SubgroupInvocationID % GROUP_ROWS, rows - 1));
    [[unroll]] for (uint i = 0; i < ROWS * COLUMNS; i++) sums[i] = 0.0;

    Tap tap = first_tap();
    uint taps_left = taps();
    do
    {
        uint source = 0;
        do
        {
            bool second = HAS_SECOND && source == 1;
            uint count = second ? SECOND_CHANNELS : channels;
            uint64_t origin[GROUPS];
            bool inside[GROUPS];
            [[unroll]] for (uint g = 0; g < GROUPS; g++)
            {
                uint pixel;
                inside[g] = fetch(own[g], tap, pixel);
                origin[g] = second ? SECOND + uint64_t(pixel) * (SECOND_STRIDE * STORAGE_BYTES) : x + uint64_t(pixel) * (x_stride * STORAGE_BYTES);
            }

            gather_product(origin, inside, panel, count);
            source++;
        } while (HAS_SECOND && source < 2);
        tap = next_tap(tap);
        taps_left--;
    } while (taps_left > 0);

    finish(first_row);
}
