#version 460
// bench_copy: y = x, 16 bytes at a time: the bandwidth kernels can hope for, the slope of a roofline. With count 0 it is the
// void dispatch whose time is what any dispatch costs.
//
// Constants: 0 workgroup size. count is in units of 16 bytes.
// Ladder: v1 four vectors per invocation.
#include "common/types.glsl"
#include "common/flat.glsl"

#define VALUES 4

layout(buffer_reference, scalar, buffer_reference_align = 16) buffer Quad { uvec4 v; };

layout(push_constant, scalar) uniform Push
{
    uint64_t x;
    uint64_t y;
    uint count;
    uint fold;
};

void main()
{
    uint first = flat_first(VALUES, fold);
    [[unroll]] for (uint j = 0; j < VALUES; j++)
    {
        uint i = first + j * WORKGROUP_SIZE;
        if (i < count) Quad(y + uint64_t(i) * 16).v = Quad(x + uint64_t(i) * 16).v;
    }
}
