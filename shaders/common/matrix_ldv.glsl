// Matrix core, family "ldv" (load vector).
#extension GL_KHR_shader_subgroup_basic : require

layout(constant_id = 2) const uint ROWS = 8;
layout(constant_id = 3) const uint STEP = 32;

#define LANES WORKGROUP_SIZE
#ifndef NC
#define NC 4
#endif
#define COLUMNS NC
#define B_BYTES (WEIGHTS / 8)

const uint PANEL = COLUMNS * LANES;

float sums[ROWS * COLUMNS];
#include "epilogue.glsl"

uint column_at(uint j)
{
    return gl_WorkGroupID.z * (GEGLU ? PANEL / 2 : PANEL) + j * LANES + gl_SubgroupInvocationID;
}

#if WEIGHTS == 16
#define Weights F16
#define weight_t float16_t
#else
#define Weights F32
#define weight_t float
#endif

uint lane = gl_SubgroupInvocationID;
float load_vector(uint64_t address, uint index)
{
    weight_t elements[LANES];
    [[unroll]] for (uint i = 0; i < LANES; i++) elements[i] = Weights(address).v[index + i];
    weight_t value = elements[0];
    [[unroll]] for (uint i = 1; i < LANES; i++) value = lane == i ? elements[i] : value;
    return float(value);
}

void accumulate(uint64_t origin[ROWS], uint64_t panel, uint count)
{
    uint c = 0;
    do
    {
        uint64_t block = panel + uint64_t(c) * (PANEL * B_BYTES);
        uint64_t offset = uint64_t(c) * STORAGE_BYTES;
        [[unroll]] for (uint k = 0; k < STEP; k++)
        {
            float b[COLUMNS];
            [[unroll]] for (uint j = 0; j < COLUMNS; j++) b[j] = load_vector(block, k * PANEL + j * LANES);
            [[unroll]] for (uint r = 0; r < ROWS; r++)
            {
                float a = load(origin[r] + offset, k);
                [[unroll]] for (uint j = 0; j < COLUMNS; j++) sums[r * COLUMNS + j] = fma(a, b[j], sums[r * COLUMNS + j]);
            }
        }
        c += STEP;
    } while (c < count);
}

void multiply()
{
    uint first_row = (gl_WorkGroupID.x + gl_WorkGroupID.y * fold) * ROWS;
    uint64_t panel = weight + uint64_t(gl_WorkGroupID.z) * depth * (PANEL * B_BYTES);
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
