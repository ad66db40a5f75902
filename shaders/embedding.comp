#version 460
// embedding: y[b, l] = table[ids[b, l]] + positions[l], or the table's row alone where the address of positions is 0.
//
// ids [rows] i32 with rows = B * length, table [vocabulary, channels], positions [length, channels] and
// y [rows, channels] in fp32. Ids are clamped into the table: a bad id gives a wrong row, never a read elsewhere.
// Constants: 0 workgroup size.
// Ladder: v1 one workgroup per row.
#include "common/types.glsl"

layout(push_constant, scalar) uniform Push
{
    uint64_t ids;
    uint64_t table;
    uint64_t positions;
    uint64_t y;
    uint rows;
    uint length;
    uint vocabulary;
    uint channels;
    uint fold;
};

void main()
{
    uint row = gl_WorkGroupID.x + gl_WorkGroupID.y * fold;
    if (row >= rows) return;
    uint id = uint(clamp(I32(ids).v[row], 0, int(vocabulary) - 1));
    uint position = (row % length) * channels;
    uint64_t token = table + uint64_t(id) * channels * STORAGE_BYTES;
    uint64_t target = y + uint64_t(row) * channels * STORAGE_BYTES;
    for (uint c = gl_LocalInvocationID.x; c < channels; c += WORKGROUP_SIZE)
    {
        float place = 0.0;
        if (positions != 0) place = load(positions, position + c);
        store(target, c, load(token, c) + place);
    }
}
