// Sums over a workgroup. One subgroup per workgroup on CPU drivers, several on GPUs: the code is the same.
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_arithmetic : require

// REDUCE_TYPE: what is summed, a pair of values unless the kernel says otherwise.
#ifndef REDUCE_TYPE
#define REDUCE_TYPE vec2
#endif

shared REDUCE_TYPE reduce_partial[64];

// The sum of `value` over all invocations of the workgroup, known to every one of them.
REDUCE_TYPE workgroup_sum(REDUCE_TYPE value)
{
    REDUCE_TYPE sum = subgroupAdd(value);
    // So few that a CPU driver knows while it compiles; gl_NumSubgroups it learns when it runs, and keeps the barriers.
    if (WORKGROUP_SIZE <= 16 && WORKGROUP_SIZE <= gl_SubgroupSize) return sum;
    if (gl_NumSubgroups == 1) return sum;
    barrier();
    if (subgroupElect()) reduce_partial[gl_SubgroupID] = sum;
    barrier();
    sum = REDUCE_TYPE(0.0);
    for (uint i = 0; i < gl_NumSubgroups; i++) sum += reduce_partial[i];
    return sum;
}
