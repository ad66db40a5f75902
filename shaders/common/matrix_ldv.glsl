// Matrix core, family "ldv" (load vector): for CPU drivers that know a uniform address when they see one (lavapipe from Mesa
// 26 on). One subgroup per workgroup computes ROWS x COLUMNS LANES sums, without shared memory.
//
//   A: a uniform load, one broadcast from memory for COLUMNS multiplications; every row has an address of its own.
//   W: packed [N / PANEL][K][PANEL], panels of COLUMNS LANES; LANES uniform loads side by side, and each lane keeps its own:
//      the compiler merges them into one vector load (load_vector.glsl). Of two vectors a lane has neighbouring columns, as in "gather".
// A row outside of the image reads zeros, which lie behind the last panel; K needs no padding, as STEP divides the channels
// of each source. So nothing is masked and nothing is read beyond an operand.
//
// What goes round a loop is kept per lane and blended under a mask, so one counter goes round: addresses that did cost a quarter. It is read from
// lane 0 (load_vector.glsl).
// Loops are do-while: the driver's `break` only masks lanes, and a uniform load knows no mask.
// Ladder (Mesa 26.2, one core of an AVX-512 processor, by processor time, GFLOP/s, matmul 2560x320 -> 320 | 2560x2880 -> 320,
// fp32, 8 lanes; torch with its 16-float vectors: 119 | 116): lane number read in the loop, loads not merged 40 | 43; read once
// outside, 4 rows 73 | 84, 6 rows 67 | 75; one counter in place of addresses goes round, 6 rows 92 | 92 (STEP 16: 72 | 73).
// Later drivers of Mesa 26.2 take two rows through all k first, with both operands on the stack: 50 to 65 | 62 to 87 by the load of the
// machine; cut every 4 k (cut.glsl) 67 | 80 to 95. 2560x320 -> 2560 54, with rows in groups of two tiles past all panels 79
// (WorkgroupWalk.cs). The counter read from lane 0, Zen 5, the same linear layer, ms, STEP 8 | 16 | 32: 65.8 | 53.6 | 48.8 to 52.5 | 47.5 | 44.9,
// compiled in 45 | 60 | 100. Not kept: four columns of fp16 weights loaded by 64 bits a lane, 57 for 48 ms; 16-byte loads,
// compiled in 118 for 100; loops that are not unrolled, 20 to 40 GFLOP/s.
// With 16 lanes, 6 rows of 4 vectors | 12 of 2 | 10 of 2 | 8 of 2: 32.6 | 28.5 | 33.7 | 25.4 ms, 3x3 convolutions 9 to 20 % by the last; STEP 32 is no faster.
// With the sixteen registers of AVX2 24 sums go through memory: 6 rows of 2 vectors reach 55 where 6 of 4 reach 30 (2560x320 -> 2560).
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_ballot : require

layout(constant_id = 2) const uint ROWS = 6;
layout(constant_id = 3) const uint COLUMNS = 4; // sums of a row per lane; even with GEGLU
layout(constant_id = 4) const uint STEP = 32;   // k per turn of the loop

#define LANES WORKGROUP_SIZE

const uint PANEL = COLUMNS * LANES;

float sums[ROWS * COLUMNS];
#include "epilogue.glsl"

uint column_at(uint j)
{
    return panel_index() * (GEGLU ? PANEL / 2 : PANEL) + lane_column(j);
}

#include "load_vector.glsl"
#if WEIGHTS == 16
#define load_weights load_vector_f16
#else
#define load_weights load_vector_f32
#endif

#define B_BYTES (WEIGHTS / 8)
#define A_BYTES STORAGE_BYTES
#define LOAD_A load
#define NEVER (columns == 0)
#define SINK y
#include "ldv_product.glsl"

void multiply()
{
    uint first_row = row_tile() * ROWS;
    uint64_t panel = weight + uint64_t(packed_panel()) * depth * (PANEL * B_BYTES);
    uint width = GEGLU ? PANEL / 2 : PANEL;
    uint64_t zeros = weight + uint64_t((columns + width - 1) / width) * depth * (PANEL * B_BYTES);

    Row own[ROWS];
    [[unroll]] for (uint r = 0; r < ROWS; r++) own[r] = row_at(min(first_row + r, rows - 1));
    [[unroll]] for (uint i = 0; i < ROWS * COLUMNS; i++) sums[i] = 0.0;

    Tap tap = first_tap();
    uint taps_left = taps();
    do
    {
        uint source = 0;
        do
        {
            bool second = HAS_SECOND && source == 1;
            uint64_t start = second ? SECOND : x;
            uint stride = (second ? SECOND_STRIDE : x_stride) * STORAGE_BYTES;
            uint64_t origin[ROWS];
            [[unroll]] for (uint r = 0; r < ROWS; r++)
            {
                uint pixel;
                bool inside = fetch(own[r], tap, pixel);
                origin[r] = inside ? start + uint64_t(pixel) * stride : zeros;
            }
            uint count = second ? SECOND_CHANNELS : channels;
            accumulate(origin, panel, count);
            panel += uint64_t(count) * (PANEL * B_BYTES);
            source++;
        } while (HAS_SECOND && source < 2);
        tap = next_tap(tap);
        taps_left--;
    } while (taps_left > 0);

    finish(first_row);
}
