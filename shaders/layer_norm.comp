#version 460
// layer_norm: y = (x - mean) * rsqrt(variance + epsilon) * weight + bias over the channels of each row.
//
// x [rows, C] with row stride, weight [C], bias [C] fp32, y [rows, C]. Statistics in fp32, two passes (mean, then
// squared distances), so that a large mean costs no precision. One workgroup per row, folded over x and y.
// Constants: 0 workgroup size, 1 WIDTH (channels per load: WIDE, or 1 where rows do not start at multiples of 8 bytes).
// Ladder (Mesa 25.0.7, one core, 2560x320 fp32, of 8 bytes per value): v1 one subgroup per row on CPU drivers, up to 256
//         invocations on GPUs, 1.85 GB/s, compiled in 57 ms; v2 64 bits per load and store, 2.75 GB/s, 42 ms.
#include "common/types.glsl"
#include "common/wide.glsl"
#define REDUCE_TYPE float
#include "common/reduce.glsl"

layout(constant_id = 1) const uint WIDTH = 1;

layout(push_constant, scalar) uniform Push
{
    uint64_t x;
    uint64_t weight;
    uint64_t bias;
    uint64_t y;
    uint rows;
    uint channels;
    uint row_stride;
    uint fold;
    float epsilon;
};

vec4 load_channels(uint64_t row, uint c)
{
    return WIDTH == 1 ? vec4(load(row, c), 0.0, 0.0, 0.0) : load_wide(row + uint64_t(c) * STORAGE_BYTES);
}

float sum_of(vec4 values)
{
    float sum = values.x;
    [[unroll]] for (uint e = 1; e < WIDTH; e++) sum += values[e];
    return sum;
}

void main()
{
    uint row = gl_WorkGroupID.x + gl_WorkGroupID.y * fold;
    if (row >= rows) return;
    uint64_t source = x + uint64_t(row) * row_stride * STORAGE_BYTES;
    uint64_t target = y + uint64_t(row) * channels * STORAGE_BYTES;
    uint first = gl_LocalInvocationID.x * WIDTH, step_width = WORKGROUP_SIZE * WIDTH;

    vec4 sums = vec4(0.0);
    for (uint c = first; c < channels; c += step_width) sums += load_channels(source, c);
    float mean = workgroup_sum(sum_of(sums)) / float(channels);

    vec4 squares = vec4(0.0);
    for (uint c = first; c < channels; c += step_width)
    {
        vec4 distance = load_channels(source, c) - mean;
        squares += distance * distance;
    }
    float scale = inversesqrt(workgroup_sum(sum_of(squares)) / float(channels) + epsilon);

    for (uint c = first; c < channels; c += step_width)
    {
        vec4 normalised = (load_channels(source, c) - mean) * scale;
        if (WIDTH == 1)
        {
            store(target, c, normalised.x * load_f32(weight, c) + load_f32(bias, c));
        }
        else
        {
            store_wide(target + uint64_t(c) * STORAGE_BYTES, normalised * load_wide_f32(weight, c) + load_wide_f32(bias, c));
        }
    }
}
