using Xunit;

namespace Hummingbird.Vulkan.Kernels.Tests;

/// <summary>Operands that do not fit are refused in words that name the operation and the numbers.</summary>
public class ShapeInferenceTests
{
    private static readonly GroupNorm Norm = new(32, 1e-5f);

    private static readonly Attention Spatial = new(2, AttentionAxis.Spatial), Cross = new(2, AttentionAxis.Cross), Causal = new(2, AttentionAxis.Sequence, Causal: true);

    public static TheoryData<Kernel, TensorSpec[], string> Misfits() => new()
    {
        { new LayerNorm(), [F([2, 8]), F([8]), F([4])], "layer_norm: bias must be [8] for x [2,8], found [4]." },
        { Norm, [F([1, 1, 2, 2, 33]), F([33]), F([33]), TensorSpec.Absent], "group_norm: 33 channels do not divide into 32 groups." },
        { Norm, [F([2, 64]), F([64]), F([64]), TensorSpec.Absent], "group_norm: x must be [B,T,H,W,C] or [T,H,W,C], found [2,64]." },
        { Norm, [F([1, 1, 2, 2, 64]), F([64]), F([64]), F([1, 1, 2, 2, 32])], "group_norm: weight must be [96], found [64]." },
        { Norm, [F([1, 1, 2, 2, 64]), F([96]), F([96]), F([1, 1, 2, 3, 32])], "group_norm: the second source must match x f32[1,1,2,2,64] but for its channels, found f32[1,1,2,3,32]." },
        { Norm, [F([1, 1, 2, 2, 64]), F([96]), F([96]), H([1, 1, 2, 2, 32])], "group_norm: the second source must match x f32[1,1,2,2,64] but for its channels, found f16[1,1,2,2,32]." },
        { Norm with { Activation = Activation.Geglu }, [F([1, 1, 2, 2, 64]), F([64]), F([64]), TensorSpec.Absent], "group_norm: only silu can be fused behind it, not Geglu." },
        { Spatial, [F([1, 1, 2, 2, 33]), F([1, 1, 2, 2, 33]), F([1, 1, 2, 2, 33])], "attention: 33 channels do not divide into 2 heads." },
        { Spatial, [F([1, 4, 32]), F([1, 4, 32]), F([1, 4, 32])], "attention: q must be [B,T,H,W,C] for Spatial attention, found [1,4,32]." },
        { Spatial, [F([1, 1, 2, 2, 32]), F([1, 1, 2, 3, 32]), F([1, 1, 2, 3, 32])], "attention: k and v [1,1,2,3,32] do not fit q [1,1,2,2,32] for Spatial attention." },
        { Spatial, [F([1, 1, 2, 2, 32]), F([1, 1, 2, 2, 32]), H([1, 1, 2, 2, 32])], "attention: k and v must have one shape and q's type, found q f32[1,1,2,2,32], k f32[1,1,2,2,32], v f16[1,1,2,2,32]." },
        { Cross, [F([2, 1, 2, 2, 32]), F([1, 7, 32]), F([1, 7, 32])], "attention: k and v [1,7,32] do not fit q [2,1,2,2,32] for Cross attention." },
        { Causal, [F([1, 4, 32]), F([1, 5, 32]), F([1, 5, 32])], "attention: a causal mask needs as many keys as queries, found 4 queries and 5 keys." },
        { new Elementwise(ElementwiseOp.Add), [F([2, 8]), TensorSpec.Absent], "elementwise: Add takes two operands, found a f32[2,8] and b absent." },
        { new Elementwise(ElementwiseOp.Silu), [F([2, 8]), F([2, 8])], "elementwise: Silu takes one operand, found a f32[2,8] and b f32[2,8]." },
        { new Elementwise(ElementwiseOp.Add), [F([2, 8]), F([8, 2])], "elementwise: a and b must have one shape and type, found f32[2,8] and f32[8,2]." },
        { new Elementwise(ElementwiseOp.Silu, To: DType.F16), [F([2, 8]), TensorSpec.Absent], "elementwise: Silu keeps the type f32; cast to f16 with Copy." },
        { new Elementwise(ElementwiseOp.Copy, To: DType.U8), [F([2, 8]), TensorSpec.Absent], "elementwise: only f32 and f16 can be read and written, found f32[2,8] to u8." },
        { new Embedding(), [F([1, 7]), F([9, 8]), F([7, 8])], "embedding: ids must be i32 [B,L], found f32[1,7]." },
        { new Embedding(), [Ids(7), F([9, 8]), F([6, 8])], "embedding: positions must have 7 or more rows of 8 channels in f32, found f32[6,8]." },
        { new Embedding(), [Ids(7), F([9]), F([7, 9])], "embedding: the table must be f32 [V,C], found f32[9]." },
        { new ToRgb8(), [F([2, 2, 4])], "to_rgb8: x must have 3 channels in f32 or f16, found f32[2,2,4]." },
        { new SchedulerStep(0), [F([2, 4]), F([2, 5]), TensorSpec.Absent, TensorSpec.Absent, F([1, 4])], "scheduler_step: epsilon must be contiguous f32 [2,4], found f32[2,5]." },
        { new SchedulerStep(0), [F([2, 4]), F([2, 4]), TensorSpec.Absent, H([2, 4]), F([1, 4])], "scheduler_step: noise must be contiguous f32 [2,4], found f16[2,4]." },
        { new SchedulerStep(3), [F([2, 4]), F([2, 4]), TensorSpec.Absent, TensorSpec.Absent, F([3, 4])], "scheduler_step: coefficients must be f32 [R,4] with row 3, found f32[3,4]." },
        { new NonFiniteCount(), [Ids(7)], "non_finite_count: x must be f32 or f16, found i32[1,7]." },
    };

    [Theory]
    [MemberData(nameof(Misfits))]
    public void Misfits_are_refused_with_their_numbers(Kernel kernel, TensorSpec[] inputs, string message)
        => Assert.Equal(message, Assert.Throws<ShapeException>(() => kernel.Infer(inputs)).Message);

    [Fact]
    public void Two_sources_are_as_wide_as_both()
    {
        TensorSpec[] inputs = [F([1, 2, 3, 5, 40]), F([64]), F([64]), F([1, 2, 3, 5, 24])];
        Assert.Equal<Shape>([1, 2, 3, 5, 64], Norm.Infer(inputs));
    }

    [Fact]
    public void Types_follow_the_operation()
    {
        Assert.Equal(DType.F16, new Elementwise(ElementwiseOp.Copy, To: DType.F16).OutputType([F([2, 8]), TensorSpec.Absent]));
        Assert.Equal(DType.F32, new Embedding().OutputType([Ids(7), F([9, 8]), F([7, 8])]));
        Assert.Equal(DType.U8, new ToRgb8().OutputType([H([2, 2, 3])]));
        Assert.Equal(DType.I32, new NonFiniteCount().OutputType([H([2, 2, 3])]));
    }

    [Fact]
    public void More_elements_than_an_index_reaches_are_refused()
    {
        TensorSpec large = F([1 << 16, 1 << 15]);
        Elementwise copy = new(ElementwiseOp.Copy);
        ShapeException refused = Assert.Throws<ShapeException>(() => copy.Plan([large, TensorSpec.Absent], large, new KernelTarget(32, MatrixFamily.Tiled)));
        Assert.Equal("2147483648 elements are more than one dispatch can index (2^31 - 1); split the tensor.", refused.Message);
    }

    private static TensorSpec F(Shape shape) => new(shape, DType.F32);

    private static TensorSpec H(Shape shape) => new(shape, DType.F16);

    private static TensorSpec Ids(int length) => new([1, length], DType.I32);
}
