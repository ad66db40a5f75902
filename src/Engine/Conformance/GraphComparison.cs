using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Models;
using Hummingbird.Vulkan.Engine.Random;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Conformance;

/// <summary>How far one node of a graph is from the reference, both given the inputs the device had.</summary>
/// <param name="Graph">The graph's name.</param>
/// <param name="Nmse">sum (device - reference)^2 / sum reference^2.</param>
/// <param name="Limit">The most that is rounding.</param>
public sealed record NodeDifference(string Graph, Node Node, double Nmse, double Limit)
{
    public bool Passed => Nmse <= Limit;
}

/// <summary>Runs every graph of a model on a device and judges each node by the reference.</summary>
/// <remarks>A node is compared on the device's own inputs, so that an error shows where it is made and not in all that follow.
/// Meant for the embedded model: every value stays in device memory, and the reference is slow.</remarks>
public static class GraphComparison
{
    /// <summary>One operation in fp32: what another order of summation may change.</summary>
    public const double SingleLimit = 1e-11;

    /// <summary>One operation whose result is stored in fp16, or which reads fp16.</summary>
    public const double HalfLimit = 1e-6;

    private const int Frames = 2, Side = 4, Steps = 2;

    /// <summary>All nodes, graph by graph in order of execution.</summary>
    public static IEnumerable<NodeDifference> Compare(GpuDevice device, ModelFolder model, CancellationToken cancellation = default)
    {
        StorageTypes storage = new(device.Plan.ActivationType, device.Plan.WeightType);
        foreach (ComputeGraph graph in Graphs(model, storage))
        {
            using GpuExecutor executor = new(device, graph, GraphLayout.Create(graph, device.Plan.Target, device.Plan.ChunkSizeInBytes, keepIntermediates: true));
            WriteInputs(executor, model.TextEncoderConfig.VocabSize);
            executor.Run(cancellation);
            foreach (Node node in graph.Nodes)
            {
                cancellation.ThrowIfCancellationRequested();
                yield return Judge(executor, node);
            }
        }
    }

    private static IEnumerable<ComputeGraph> Graphs(ModelFolder model, StorageTypes storage)
    {
        int side = Side * model.UNetConfig.DownsampleFactor, tokens = model.TextEncoderConfig.MaxPositionEmbeddings;
        LatentSize size = new(Frames, side, side, model.VaeConfig.ZChannels);
        UNet unet = new(model.UNetConfig, new WeightScope(model.UNet));
        PromptEmbeddings prompt = new([], RequestCheck.HasEmbeddedGuidance(model) ? null : [], tokens, model.TextEncoderConfig.HiddenSize);
        yield return PromptEncoding.Build(model, storage);
        yield return UNetConditions.Build(unet, storage, Steps, tokens);
        yield return StepGraph.Build(unet, storage, size, prompt);
        yield return Decoding.BuildFrame(new(model.VaeConfig, new WeightScope(model.Vae)), storage, size);
    }

    /// <summary>Normal values, the same each time; token ids below <paramref name="vocabulary"/>.</summary>
    private static void WriteInputs(GpuExecutor executor, int vocabulary)
    {
        TorchGenerator generator = new(0);
        foreach (Value input in executor.Graph.Inputs.Values.OrderBy(v => v.Id))
        {
            float[] values = generator.Randn(checked((int)input.Shape.Count));
            if (input.Spec.DType == DType.I32)
            {
                values = [.. values.Select(v => (float)(BitConverter.SingleToUInt32Bits(v) % (uint)vocabulary))];
            }

            executor.Write(input.Name, values);
        }
    }

    private static NodeDifference Judge(GpuExecutor executor, Node node)
    {
        ImmutableArray<HostTensor?> inputs = [.. node.Inputs.Select(v => v is null ? null : Read(executor, v))];
        HostTensor expected = new(node.Output.Shape), found = Read(executor, node.Output);
        node.Kernel.Reference([.. inputs], expected);
        double error = 0, power = 0;
        for (int i = 0; i < expected.Data.Length; i++)
        {
            double difference = (double)found.Data[i] - expected.Data[i];
            error += difference * difference;
            power += (double)expected.Data[i] * expected.Data[i];
        }

        bool isHalf = node.InputSpecs().Append(node.Output.Spec).Any(s => s.DType == DType.F16);
        return new(executor.Graph.Name, node, error == 0 ? 0 : error / power, isHalf ? HalfLimit : SingleLimit);
    }

    private static HostTensor Read(GpuExecutor executor, Value value)
    {
        if (value.Storage.Kind == ValueKind.Weight)
        {
            float[] weight = value.Storage.Weight!.ReadCanonical();
            Round(weight, value.Storage.Spec.DType);
            return new(value.Shape, weight, value.Offset, value.Spec.RowStride);
        }

        float[] values = new float[value.Shape.Count];
        executor.ReadValue(value, values);
        return new(value.Shape, values);
    }

    private static void Round(Span<float> values, DType type)
    {
        if (type == DType.F16)
        {
            foreach (ref float value in values)
            {
                value = (float)(Half)value;
            }
        }
    }
}
