// Sums over a workgroup. One subgroup per workgroup on CPU drivers, several on GPUs: the code is the same.
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_arithmetic : require

shared vec2 reduce_partial[64];

// The sum of `value` over all invocations of the workgroup, known to every one of them.
vec2 workgroup_sum(vec2 value)
{
    vec2 sum = vec2(subgroupAdd(value.x), subgroupAdd(value.y));
    if (gl_NumSubgroups == 1) return sum;
    barrier();
    if (subgroupElect()) reduce_partial[gl_SubgroupID] = sum;
    barrier();
    sum = vec2(0.0);
    for (uint i = 0; i < gl_NumSubgroups; i++) sum += reduce_partial[i];
    return sum;
}
