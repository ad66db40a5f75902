#version 460
// layer_norm: y = (x - mean) * rsqrt(variance + epsilon) * weight + bias over the channels of each row.
//
// x [rows, C] with row stride, weight [C], bias [C] fp32, y [rows, C]. Statistics in fp32, two passes (mean, then
// squared distances), so that a large mean costs no precision. One workgroup per row, folded over x and y.
// Constants: 0 workgroup size.
// Ladder: v1 one subgroup per row on CPU drivers, up to 256 invocations on GPUs.
#include "common/types.glsl"
#include "common/reduce.glsl"

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

void main()
{
    uint row = gl_WorkGroupID.x + gl_WorkGroupID.y * fold;
    if (row >= rows) return;
    uint64_t source = x + uint64_t(row) * row_stride * STORAGE_BYTES;
    uint64_t target = y + uint64_t(row) * channels * STORAGE_BYTES;

    float sum = 0.0;
    for (uint c = gl_LocalInvocationID.x; c < channels; c += WORKGROUP_SIZE) sum += load(source, c);
    float mean = workgroup_sum(vec2(sum, 0.0)).x / float(channels);

    float squares = 0.0;
    for (uint c = gl_LocalInvocationID.x; c < channels; c += WORKGROUP_SIZE)
    {
        float distance = load(source, c) - mean;
        squares += distance * distance;
    }
    float scale = inversesqrt(workgroup_sum(vec2(squares, 0.0)).x / float(channels) + epsilon);

    for (uint c = gl_LocalInvocationID.x; c < channels; c += WORKGROUP_SIZE)
    {
        float normalised = (load(source, c) - mean) * scale;
        store(target, c, normalised * load_f32(weight, c) + load_f32(bias, c));
    }
}
