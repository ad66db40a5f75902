using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Interop;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Engine.Compute;

/// <summary>What a pipeline is made of; equal keys give one pipeline.</summary>
/// <param name="Shader">Name in the <see cref="ShaderLibrary"/>.</param>
/// <param name="Constants">Values of the specialization constants 0, 1, 2 ...</param>
/// <param name="SubgroupSize">Lanes asked for; 0: those of the device plan.</param>
public readonly record struct PipelineKey(string Shader, ImmutableArray<int> Constants, int PushSizeInBytes, int SubgroupSize = 0)
{
    public static PipelineKey Of(Dispatch dispatch) => new(dispatch.Shader, dispatch.Constants, dispatch.PushSizeInBytes, dispatch.SubgroupSize);

    public bool Equals(PipelineKey other) => Shader == other.Shader && PushSizeInBytes == other.PushSizeInBytes && SubgroupSize == other.SubgroupSize
        && Values.SequenceEqual(other.Values);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Shader);
        hash.Add(PushSizeInBytes);
        hash.Add(SubgroupSize);
        foreach (int value in Values)
        {
            hash.Add(value);
        }

        return hash.ToHashCode();
    }

    public override string ToString() => $"{Shader}({string.Join(",", Values.ToArray())})";

    internal ReadOnlySpan<int> Values => Constants.IsDefault ? [] : Constants.AsSpan();
}

/// <summary>A compiled shader with its constants. Owned by the device's <see cref="PipelineCache"/>.</summary>
public sealed class ComputePipeline
{
    private readonly DeviceApi api;

    internal ComputePipeline(DeviceApi api, PipelineKey key, PipelineLayout layout, Pipeline handle)
    {
        this.api = api;
        Key = key;
        Layout = layout;
        Handle = handle;
    }

    public PipelineKey Key { get; }

    /// <summary>What the driver's compiler reports (registers, spills ...); empty unless asked for in the device options.</summary>
    public IReadOnlyList<(string Name, double Value)> Statistics => api.StatisticsOf(Handle);

    internal PipelineLayout Layout { get; }

    internal Pipeline Handle { get; }

    public override string ToString() => Key.ToString();
}
