// 32 and 64 bits at an address, whatever they hold.
#ifndef BITS
#define BITS
layout(buffer_reference, scalar, buffer_reference_align = 8) buffer Bits64 { uint64_t v[]; };
layout(buffer_reference, scalar, buffer_reference_align = 4) buffer Bits32 { uint v[]; };

// pack64, for which lavapipe overruns an array of its own when it compiles it for 16 lanes.
uint64_t join64(uvec2 words) { return uint64_t(words.x) | (uint64_t(words.y) << 32); }
#endif
