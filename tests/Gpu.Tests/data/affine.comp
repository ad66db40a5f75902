// y[i] = x[i] * FACTOR + offset, for the tests of pipelines, push constants, specialization and split dispatches.
#version 460
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_buffer_reference2 : require
#extension GL_EXT_scalar_block_layout : require
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const int FACTOR = 1;

layout(buffer_reference, scalar, buffer_reference_align = 4) buffer Values { int at[]; };
layout(push_constant, scalar) uniform Push
{
    uint64_t x;
    uint64_t y;
    int offset;
    int count;
} push;

void main()
{
    uint i = gl_WorkGroupID.x * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
    if (i < push.count)
    {
        Values(push.y).at[i] = Values(push.x).at[i] * FACTOR + push.offset;
    }
}
