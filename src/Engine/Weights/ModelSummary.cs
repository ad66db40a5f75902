using System.Collections.Immutable;

namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>What a set of weights holds, from its headers alone.</summary>
/// <param name="Name">unet, vae, text_encoder, or a file's name.</param>
/// <param name="Tensors">How many.</param>
/// <param name="Parameters">Elements of all tensors.</param>
/// <param name="Bytes">As stored.</param>
/// <param name="Types">Element types that occur, most parameters first.</param>
public sealed record WeightSummary(string Name, int Tensors, long Parameters, long Bytes, ImmutableArray<WeightType> Types)
{
    public static WeightSummary Of(string name, IWeightSource source)
    {
        int count = 0;
        long parameters = 0, bytes = 0;
        Dictionary<WeightType, long> types = [];
        foreach (string tensorName in source.Names)
        {
            WeightTensor tensor = new WeightScope(source).Get(tensorName);
            count++;
            parameters += tensor.ElementCount;
            bytes += tensor.ElementCount * tensor.Type.SizeInBytes();
            types[tensor.Type] = types.GetValueOrDefault(tensor.Type) + tensor.ElementCount;
        }

        return new(name, count, parameters, bytes, [.. types.OrderByDescending(t => t.Value).Select(t => t.Key)]);
    }
}

/// <summary>What a model folder holds, without reading its weights' values.</summary>
/// <param name="Family">The published model its configuration is that of, or what it resembles.</param>
public sealed record ModelSummary(string Family, ImmutableArray<WeightSummary> Components)
{
    public long Parameters => Components.Sum(c => c.Parameters);

    public long Bytes => Components.Sum(c => c.Bytes);

    public static ModelSummary Of(ModelFolder model) => model.SnapVideo is { } cascade ? OfCascade(model, cascade) : new(
        model.MagicVideo is null ? FamilyOf(model.UNetConfig) : "MagicVideo",
        [
            WeightSummary.Of("text_encoder", model.TextEncoder),
            WeightSummary.Of(model.MagicVideo is null ? "unet" : MagicVideoParts.KeyframesFolder, model.UNet),
            .. model.MagicVideo?.Others.Select(o => WeightSummary.Of(o.Name, o.Network.Weights.Value)) ?? [],
            WeightSummary.Of(model.MagicVideo is null ? "vae" : MagicVideoParts.VaeFolder, model.Vae),
        ]);

    private static ModelSummary OfCascade(ModelFolder model, SnapVideoParts parts) => new(
        "Snap Video",
        [
            WeightSummary.Of("text_encoder", model.TextEncoder),
            WeightSummary.Of(SnapVideoParts.FirstFolder, model.UNet),
            .. parts.Second is null ? (IEnumerable<WeightSummary>)[] : [WeightSummary.Of(SnapVideoParts.SecondFolder, model.Vae)],
        ]);

    private static string FamilyOf(UNetConfig unet) => unet switch
    {
        { ModelChannels: not 320 } => "a small model of the Hummingbird / VideoCrafter architecture",
        { TimeCondDim: null, NumResBlocks: 2 } => "VideoCrafter2",
        { TimeCondDim: not null, HasMiddle: false, NumResBlocks: 1 } => "Hummingbird 0.7B",
        { TimeCondDim: not null, HasMiddle: true, NumResBlocks: 1 } => "Hummingbird 0.9B",
        _ => "of the Hummingbird / VideoCrafter architecture, none of the published sizes",
    };
}
