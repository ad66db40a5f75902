// Rows of fp16 channels, eight at a time.
#define WIDTH 8 // channels of a vector

layout(buffer_reference, scalar, buffer_reference_align = 16) buffer Vector { uvec4 v; };
layout(buffer_reference, scalar, buffer_reference_align = 8) readonly buffer Quad { uvec2 v; };

// Channels c to c + 7 of a row, one by one; `from` is the address of channel c. Zero behind `count`.
uvec4 load_scalars(uint64_t from, uint c, uint count)
{
    uvec4 bits;
    [[unroll]] for (uint e = 0; e < WIDTH; e += 2)
    {
        f16vec2 pair = f16vec2(0.0);
        if (c + e < count) pair.x = F16(from).v[e];
        if (c + e + 1 < count) pair.y = F16(from).v[e + 1];
        bits[e / 2] = packFloat2x16(pair);
    }
    return bits;
}

// The same, four by four. Both loads in flight cost the tiles of rembrandt 80 -> 112 VGPRs, so a stem goes without the second.
uvec4 load_quads(uint64_t from, uint c, uint count)
{
    uvec4 bits = uvec4(0);
    if (c < count) bits.xy = Quad(from).v;
    if (!ONE_QUAD && c + 4 < count) bits.zw = Quad(from + 8).v;
    return bits;
}

// The same as one vector where rows are aligned; all zeros if none of them is `present`.
uvec4 load_vector(uint64_t from, uint c, uint count, bool present, bool aligned)
{
    uvec4 bits = uvec4(0);
    if (present) bits = aligned ? Vector(from).v : QUAD_LOADS ? load_quads(from, c, count) : load_scalars(from, c, count);
    return bits;
}
