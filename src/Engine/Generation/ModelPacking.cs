using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Generation;

/// <summary>All weights of a model as a family of the matrix core wants them, for <see cref="PackedWeights"/>.</summary>
public static class ModelPacking
{
    private const int GpuLanes = 32;

    /// <summary>The device a family is packed for when none is at hand: lavapipe of Mesa 25 or newer on this processor, with its widest vectors; a GPU of 32 lanes, its matrices 16 x 16 x 16.</summary>
    public static KernelTarget TargetOf(MatrixFamily family) => family switch
    {
        MatrixFamily.Gather or MatrixFamily.LoadVector => new(HostProcessor.HasAvx512 ? 16 : 8, family, IsCpu: true, WinogradTile: 4, VectorRegisters: HostProcessor.VectorRegisters),
        MatrixFamily.CoopMatrix => new(GpuLanes, family, Cooperative: new(16, 16, 16, 2 * GpuLanes)),
        _ => new(GpuLanes, family),
    };

    /// <param name="model">Its weights are read one at a time, when they are written.</param>
    /// <param name="target">For which device. The size of video is the model's own: convolutions are packed by it.</param>
    public static IEnumerable<TensorToWrite> Pack(ModelFolder model, KernelTarget target)
    {
        GenerationDefaults defaults = model.Index.Defaults;
        GenerationRequest request = new(
            "any", "", 0, defaults.Steps, defaults.Frames, defaults.Fps, defaults.Width, defaults.Height, defaults.GuidanceScale, defaults.Sampler);
        StorageTypes storage = target.IsCpu ? new(DType.F32, DType.F16) : StorageTypes.Half;
        GenerationPlan plan = GenerationPlan.Create(request, model, storage, new(target, long.MaxValue, long.MaxValue));
        WeightReader reader = new();
        return plan.Graphs
            .SelectMany(planned => planned.Layout.Graph.Weights.Select(weight => (Weight: weight, Packing: planned.Layout.Packings.GetValueOrDefault(weight.Id))))
            .Where(w => w.Packing is not null)
            .Select(w => PackedWeights.ToWrite(w.Weight.Weight!, w.Packing!, () => reader.Pack(w.Weight, w.Packing!)))
            .DistinctBy(t => t.Name);
    }
}
