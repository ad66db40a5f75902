// One long line of elements: each invocation handles VALUES of them, a workgroup's width apart, so that neighbours in
// a subgroup are neighbours in memory. Matches FlatDispatch in src/Kernels, which keeps every index below 2^31.

// The invocation's first element.
uint flat_first(uint values, uint fold)
{
    return (gl_WorkGroupID.x + gl_WorkGroupID.y * fold) * WORKGROUP_SIZE * values + gl_LocalInvocationID.x;
}

// Address of element `i` of a column slice whose rows are `row_stride` elements apart.
uint64_t slice_address(uint64_t base, uint i, uint channels, uint row_stride, uint bytes)
{
    uint row = i / channels;
    return base + (uint64_t(row) * row_stride + (i - row * channels)) * bytes;
}
