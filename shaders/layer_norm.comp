#version 460
// layer_norm: y = (x - mean) * rsqrt(variance + epsilon) * weight + bias over the channels of each row; with centred = 0 nothing is
// subtracted and the mean of the squares stands for the variance (RMS norm). Without a bias its address is 0.
//
// x [rows, C] with row stride, weight [C], bias [C] fp32, y [rows, C]. Statistics in fp32, two passes (mean, then
// squared distances), so that a large mean costs no precision. One workgroup per row, folded over x and y.
// Constants: 0 workgroup size, 1 WIDTH (channels per turn: WIDE by one load, or 1 where rows do not start at multiples of 8 bytes),
// 2 ACCESS (ACCESS_VECTORS, ACCESS_LANES: an invocation's channels are WORKGROUP_SIZE apart, and the workgroup loads vectors).
// Ladder (Mesa 25.0.7, one core, 2560x320 fp32, of 8 bytes per value): v1 one subgroup per row on CPU drivers, up to 256
//         invocations on GPUs, 1.85 GB/s, compiled in 57 ms; v2 64 bits per load and store, 2.75 GB/s, 42 ms.
#include "common/types.glsl"
#include "common/wide.glsl"
#define REDUCE_TYPE float
#include "common/reduce.glsl"

layout(constant_id = 1) const uint WIDTH = 1;
layout(constant_id = 2) const uint ACCESS = 0;

#define LANES WORKGROUP_SIZE
#include "common/access.glsl"
#include "common/load_vector.glsl"

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
    uint centred;
};

vec4 load_parameters(uint64_t address, uint c)
{
    if (!VECTORS) return WIDTH == 1 ? vec4(load_f32(address, c), 0.0, 0.0, 0.0) : load_wide_f32(address, c);
    vec4 values = vec4(0.0);
    [[unroll]] for (uint e = 0; e < WIDTH; e++) values[e] = load_vector_f32(address + uint64_t(c) * 4, e * LANES);
    return values;
}

vec4 load_channels(uint64_t row, uint c)
{
    if (VECTORS)
    {
        vec4 values = vec4(0.0);
        [[unroll]] for (uint e = 0; e < WIDTH; e++) values[e] = load_vector(row + uint64_t(c) * STORAGE_BYTES, e * LANES);
        return values;
    }
    return WIDTH == 1 ? vec4(load(row, c), 0.0, 0.0, 0.0) : load_wide(row + uint64_t(c) * STORAGE_BYTES);
}

float sum_of(vec4 values)
{
    float sum = values.x;
    [[unroll]] for (uint e = 1; e < WIDTH; e++) sum += values[e];
    return sum;
}

void store_channels(uint64_t row, uint c, vec4 values)
{
    if (!VECTORS && WIDTH > 1) store_wide(row + uint64_t(c) * STORAGE_BYTES, values);
    [[unroll]] for (uint e = 0; e < WIDTH; e++)
    {
        if (VECTORS || WIDTH == 1) store(row, VECTORS ? c + e * LANES + vector_lane : c, values[e]);
    }
}

void main()
{
    // Uniform loads go on behind a return.
    uint row = VECTORS ? min(gl_WorkGroupID.x + gl_WorkGroupID.y * fold, rows - 1) : gl_WorkGroupID.x + gl_WorkGroupID.y * fold;
    if (row >= rows) return;
    uint64_t source = x + uint64_t(row) * row_stride * STORAGE_BYTES;
    uint64_t target = y + uint64_t(row) * channels * STORAGE_BYTES;
    uint first = VECTORS ? 0 : gl_LocalInvocationID.x * WIDTH, step_width = WORKGROUP_SIZE * WIDTH;

    vec4 sums = vec4(0.0);
    uint c = first;
    if (VECTORS || c < channels)
    {
        do
        {
            sums += load_channels(source, c);
            c += step_width;
        } while (c < channels);
    }
    float mean = centred != 0 ? workgroup_sum(sum_of(sums)) / float(channels) : 0.0;

    vec4 squares = vec4(0.0);
    c = first;
    if (VECTORS || c < channels)
    {
        do
        {
            vec4 distance = load_channels(source, c) - mean;
            squares += distance * distance;
            c += step_width;
        } while (c < channels);
    }
    float scale = inversesqrt(workgroup_sum(sum_of(squares)) / float(channels) + epsilon);

    // Another address instead of a branch: a CPU driver loads from uniform addresses whatever the branch.
    uint64_t offset = bias != 0 ? bias : weight;
    float biased = bias != 0 ? 1.0 : 0.0;
    c = first;
    if (VECTORS || c < channels)
    {
        do
        {
            vec4 normalised = (load_channels(source, c) - mean) * scale;
            store_channels(target, c, normalised * load_parameters(weight, c) + biased * load_parameters(offset, c));
            c += step_width;
        } while (c < channels);
    }
}
