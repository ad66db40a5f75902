#version 460
// non_finite_count: y[0] += number of NaN and infinite values of x. The host clears y before.
//
// x [rows, channels] in STORAGE with row stride, y [1] i32. Judged by the exponent's bits, which no fast-math assumption of a
// compiler can remove. An integer atomic per subgroup that found something: the order does not matter.
// Constants: 0 workgroup size.
// Ladder: v1 sixteen values per invocation.
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_arithmetic : require
#include "common/types.glsl"
#include "common/flat.glsl"

#define VALUES 16
#define EXPONENT 0x7f800000u

layout(push_constant, scalar) uniform Push
{
    uint64_t x;
    uint64_t y;
    uint count;
    uint channels;
    uint row_stride;
    uint fold;
};

void main()
{
    uint first = flat_first(VALUES, fold);
    int found = 0;
    [[unroll]] for (uint j = 0; j < VALUES; j++)
    {
        uint i = first + j * WORKGROUP_SIZE;
        if (i < count)
        {
            float value = channels == row_stride ? load(x, i) : load(slice_address(x, i, channels, row_stride, STORAGE_BYTES), 0);
            found += (floatBitsToUint(value) & EXPONENT) == EXPONENT ? 1 : 0;
        }
    }
    found = subgroupAdd(found);
    if (found > 0 && subgroupElect()) atomicAdd(I32(y).v[0], found);
}
