// What the attention kernels share: push constants, which problem a workgroup has, addresses of its rows.
//
// A problem is one (outer, inner, head): `queries` rows of q attend `keys` rows of k and v. Distances between problems and
// between tokens are in rows, so spatial, temporal, cross and sequence attention differ in numbers only. Columns of head h
// start at h * HEAD_DIM. A problem's queries are split into `blocks` workgroups. Needs: HEAD_DIM. With OWN_PUSH the shader has push
// constants of its own, with these names.
// Scores are kept in units of log2: q is scaled by scale * log2(e) once, and exp2 replaces exp.
#define LOG2_E 1.44269504088896
// Below every real score, and finite: a difference of two is 0, never NaN.
#define HIDDEN -1e30
// causal: 0 every key is seen; 1 keys 0 to i; 2 all keys share in the softmax, those behind i then weigh nothing.
#define MASK_BEFORE 1
#define MASK_AFTER 2

#ifndef OWN_PUSH
layout(push_constant, scalar) uniform Push
{
    uint64_t q;
    uint64_t k;
    uint64_t v;
    uint64_t y;
    uint q_outer;
    uint q_inner;
    uint q_token;
    uint kv_outer;
    uint kv_inner;
    uint kv_token;
    uint q_row_stride;
    uint k_row_stride;
    uint v_row_stride;
    uint inner;
    uint heads;
    uint queries;
    uint keys;
    uint blocks;
    uint count;
    uint fold;
    uint causal;
    float scale;
};

uint problem_index() { return gl_WorkGroupID.x + gl_WorkGroupID.y * fold; }
#endif

struct Problem
{
    uint block;
    uint head;
    uint64_t q_row;  // row of its first query
    uint64_t kv_row; // row of its first key
};

Problem problem_of(uint index)
{
    Problem problem;
    problem.block = index % blocks;
    uint rest = index / blocks;
    problem.head = rest % heads;
    rest /= heads;
    uint within = rest % inner, outer = rest / inner;
    problem.q_row = uint64_t(outer) * q_outer + uint64_t(within) * q_inner;
    problem.kv_row = uint64_t(outer) * kv_outer + uint64_t(within) * kv_inner;
    return problem;
}

uint64_t head_address(uint64_t base, uint64_t row, uint row_stride, uint head)
{
    return base + (row * row_stride + head * HEAD_DIM) * STORAGE_BYTES;
}
