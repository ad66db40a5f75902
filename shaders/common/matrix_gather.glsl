// Matrix core, family "gather": for CPU drivers that turn every load into a gather and have no vector loads (lavapipe of
// Mesa up to 25). One subgroup per workgroup computes ROWS x COLUMNS LANES sums, without shared memory.
//
// The unit of a load is 64 bits per lane: 2 fp32 or 4 fp16, since a gather costs the same for 32 and 64 bits.
//   A: lane = (row, k-group): lane % GROUP_ROWS is the row, lane / GROUP_ROWS the group of A_WIDTH channels.
//   W: packed [N / PANEL][K / B_WIDTH][PANEL][B_WIDTH]: each lane reads B_WIDTH consecutive k of its own column.
// Each value of A then reaches all lanes by subgroupBroadcast with a lane number known when the pipeline is compiled.
// Loops are do-while: the driver's `break` only masks lanes, so a `for` runs once more with all lanes off.
// Ladder (Mesa 25.0.7, one core, best of 5 by processor time, GFLOP/s, 2560x320x320 fp32): shared-memory tiles 2.7; register
// tiles with "uniform" loads 6.8; broadcasts of 32-bit gathers 16; 64-bit gathers with (row, k-group) lanes 25; this file:
//                        8 lanes f32  f32w16  f16     16 lanes f32  f32w16  f16
//   matmul 2560x320x320          28      31    33               29      28    38
//   GEGLU 640x320x2560           32      35    35               37      41    43
//   conv 3x3 20x32 320->320      33      36    37               37      45    47
//   conv 3x1x1 16x5x8 320        32      35    37               38      44    47
// 16 lanes (LP_NATIVE_VECTOR_WIDTH=512) hold 8 rows and 16 sums each, 8 lanes 16 rows and 32 sums.
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_ballot : require

layout(constant_id = 2) const uint ROWS = 16;
layout(constant_id = 3) const uint COLUMNS = 2; // sums of a row per lane; 2 with GEGLU

#define LANES WORKGROUP_SIZE
#define A_WIDTH (8 / STORAGE_BYTES)
#define B_WIDTH (64 / WEIGHTS)
#define B_BYTES (WEIGHTS / 8)

const uint GROUP_ROWS = LANES < 8 ? 2 : 4;
const uint GROUPS = ROWS / GROUP_ROWS;              // gathers of A per block
const uint BLOCK = A_WIDTH * (LANES / GROUP_ROWS);  // k of one gather of A
const uint STEP = LANES < 8 ? 8 : LANES;            // k per turn of the loop
const uint PANEL = COLUMNS * LANES;

layout(buffer_reference, scalar, buffer_reference_align = 8) readonly buffer Bits64 { uint64_t v; };

float sums[ROWS * COLUMNS];
#include "epilogue.glsl"

#define NEVER (columns == 0)
#define SINK y
#include "cut.glsl"

uint column_at(uint j)
{
    return panel_index() * (GEGLU ? PANEL / 2 : PANEL) + lane_column(j);
}

vec4 halves(uint64_t bits)
{
    uvec2 words = unpack32(bits);
    return vec4(vec2(unpackFloat2x16(words.x)), vec2(unpackFloat2x16(words.y)));
}

vec4 singles(uint64_t bits) { return vec4(uintBitsToFloat(unpack32(bits)), 0.0, 0.0); }

#if STORAGE == 16
#define FROM_A(bits) halves(bits)
#else
#define FROM_A(bits) singles(bits)
#endif
#if WEIGHTS == 16
#define FROM_B(bits) halves(bits)
#else
#define FROM_B(bits) singles(bits)
#endif

// A_WIDTH channels of a row from channel `c` on; `origin` is the row's address. Zero behind `count` and if not `inside`.
vec4 load_row(uint64_t origin, uint c, uint count, bool inside)
{
    if (SCALAR_LOADS)
    {
        vec4 values = vec4(0.0);
        [[unroll]] for (uint e = 0; e < A_WIDTH; e++)
        {
            float value = load(origin, c + e < count ? c + e : 0);
            values[e] = inside && c + e < count ? value : 0.0;
        }
        return values;
    }

    bool keep = inside && (!CHANNEL_TAIL || c < count);
    uint64_t bits = Bits64(origin + (!CHANNEL_TAIL || c < count ? c * STORAGE_BYTES : 0)).v;
    return FROM_A(keep ? bits : 0ul);
}

void multiply()
{
    uint lane = gl_SubgroupInvocationID;
    uint first_row = row_tile() * ROWS;
    uint64_t panel = weight + uint64_t(packed_panel()) * depth * (PANEL * B_BYTES) + lane * 8;
    uint lane_channel = lane / GROUP_ROWS * A_WIDTH;

    Row own[GROUPS];
    [[unroll]] for (uint g = 0; g < GROUPS; g++) own[g] = row_at(min(first_row + g * GROUP_ROWS + lane % GROUP_ROWS, rows - 1));
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

            uint k = 0;
            do
            {
                [[unroll]] for (uint block = 0; block < STEP; block += BLOCK)
                {
                    if (block > 0) cut();
                    vec4 a[GROUPS];
                    vec4 b[COLUMNS];
                    [[unroll]] for (uint g = 0; g < GROUPS; g++) a[g] = load_row(origin[g], k + block + lane_channel, count, inside[g]);
                    [[unroll]] for (uint i = 0; i < BLOCK; i++)
                    {
                        if (i % B_WIDTH == 0)
                        {
                            [[unroll]] for (uint j = 0; j < COLUMNS; j++)
                                b[j] = FROM_B(Bits64(panel + ((block + i) * PANEL + j * LANES * B_WIDTH) * B_BYTES).v);
                        }
                        [[unroll]] for (uint r = 0; r < ROWS; r++)
                        {
                            float value = subgroupBroadcast(a[r / GROUP_ROWS][i % A_WIDTH], r % GROUP_ROWS + GROUP_ROWS * (i / A_WIDTH));
                            [[unroll]] for (uint j = 0; j < COLUMNS; j++) sums[r * COLUMNS + j] += value * b[j][i % B_WIDTH];
                        }
                    }
                }
                panel += STEP * PANEL * B_BYTES;
                k += STEP;
            } while (k < count);
            source++;
        } while (HAS_SECOND && source < 2);
        tap = next_tap(tap);
        taps_left--;
    } while (taps_left > 0);

    finish(first_row);
}
