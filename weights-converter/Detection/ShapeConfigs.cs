using System.Collections.Immutable;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.WeightsConverter.Detection;

/// <summary>Names and shapes of one component, its prefix cut and both spellings of temporal convolutions made one.</summary>
internal sealed class ComponentShapes(IReadOnlyDictionary<string, ImmutableArray<long>> shapes, string file, string component)
{
    private const long LargestDimension = 1 << 20;

    public bool Has(string name) => shapes.ContainsKey(name);

    public bool HasBelow(string prefix) => shapes.Keys.Any(name => name.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>A dimension of a tensor the component cannot be without.</summary>
    public int Size(string name, int dimension)
    {
        if (!shapes.TryGetValue(name, out ImmutableArray<long> shape))
        {
            string nearest = string.Join(", ", NearestNames.Of(name, shapes.Keys, count: 5).Select(Quote.Name));
            throw WeightException.In(file, $"the {component} lacks the tensor {Quote.Name(name)}; nearest names: {nearest}.");
        }

        bool fits = dimension < shape.Length && shape[dimension] is > 0 and <= LargestDimension;
        return fits ? (int)shape[dimension] : throw WeightException.In(file, $"the {component}'s tensor {Quote.Name(name)} has shape {Quote.Shape(shape.AsSpan())}, which no such network has.");
    }

    /// <summary>How many of PREFIX0SUFFIX, PREFIX1SUFFIX ... there are.</summary>
    public int Count(string prefix, string suffix)
    {
        int count = 0;
        while (count < 1024 && Has($"{prefix}{count}{suffix}"))
            count++;
        return count;
    }
}

/// <summary>Configurations from shapes alone. What shapes do not tell (heads, groups, the sampler) is the published models'.</summary>
internal static class ShapeConfigs
{
    private const int PublishedHeads = 8, PublishedHeadDim = 64, PublishedGroups = 32, OpenClipWidth = 1024, OpenClipLayers = 24;

    public static UNetConfig UNet(ComponentShapes w)
    {
        int channels = w.Size("input_blocks.0.0.weight", 0);
        (ImmutableArray<int> mult, int blocks, ImmutableArray<int> attention) = Levels(w, channels);
        bool hasInit = w.Has("init_attn.0.proj_in.weight");
        int inner = hasInit ? w.Size("init_attn.0.proj_in.weight", 0) : PublishedHeads * PublishedHeadDim;
        string? cross = FirstCrossAttention(w);
        return new UNetConfig(
            InChannels: w.Size("input_blocks.0.0.weight", 1),
            OutChannels: w.Size("out.2.weight", 0),
            ModelChannels: channels,
            ChannelMult: mult,
            NumResBlocks: blocks,
            AttentionResolutions: attention,
            HeadDim: Math.Max(1, inner / PublishedHeads),
            ContextDim: cross is null ? 1024 : w.Size($"{cross}.to_k.weight", 1),
            HasMiddle: w.HasBelow("middle_block."),
            InitAttn: hasInit,
            InitAttnHeads: PublishedHeads,
            FpsCond: w.HasBelow("fps_embedding."),
            TimeCondDim: w.Has("time_cond_proj.weight") ? w.Size("time_cond_proj.weight", 1) : null,
            Groups: channels % PublishedGroups == 0 ? PublishedGroups : LargestDivisor(channels, PublishedGroups),
            ImageCrossAttention: cross is not null && w.Has($"{cross}.to_k_ip.weight"));
    }

    public static AutoencoderConfig Autoencoder(ComponentShapes w)
    {
        int levels = w.Count("decoder.up.", ".block.0.conv1.weight");
        int ch = w.Size("decoder.up.0.block.0.conv1.weight", 0);
        return new AutoencoderConfig(
            InChannels: w.Has("encoder.conv_in.weight") ? w.Size("encoder.conv_in.weight", 1) : w.Size("decoder.conv_out.weight", 0),
            OutChannels: w.Size("decoder.conv_out.weight", 0),
            Ch: ch,
            ChMult: [.. Enumerable.Range(0, levels).Select(i => Math.Max(1, w.Size($"decoder.up.{i}.block.0.conv1.weight", 0) / ch))],
            NumResBlocks: Math.Max(1, w.Count("decoder.up.0.block.", ".conv1.weight") - 1),
            ZChannels: w.Size("decoder.conv_in.weight", 1),
            EmbedDim: w.Size("post_quant_conv.weight", 1),
            Groups: ch % PublishedGroups == 0 ? PublishedGroups : LargestDivisor(ch, PublishedGroups));
    }

    public static TextEncoderConfig TextEncoder(ComponentShapes w)
    {
        if (w.Has(SourceParts.HuggingFaceText))
            return HuggingFaceText(w);
        int width = w.Size("positional_embedding", 1), vocabulary = w.Size("token_embedding.weight", 0);
        bool isPublished = vocabulary == 49408;
        return new TextEncoderConfig(
            VocabSize: vocabulary,
            MaxPositionEmbeddings: w.Size("positional_embedding", 0),
            HiddenSize: width,
            IntermediateSize: w.Size("transformer.resblocks.0.mlp.c_fc.weight", 0),
            NumAttentionHeads: width % PublishedHeadDim == 0 && width > PublishedHeadDim ? width / PublishedHeadDim : LargestDivisor(width, 4),
            NumHiddenLayers: w.Count("transformer.resblocks.", ".ln_1.weight"),
            ProjectionDim: w.Has("text_projection") ? w.Size("text_projection", 1) : width,
            SkipLast: w.Count("transformer.resblocks.", ".ln_1.weight") > 1 ? 1 : 0,
            BosTokenId: isPublished ? 49406 : Math.Max(0, vocabulary - 2),
            EosTokenId: isPublished ? 49407 : vocabulary - 1);
    }

    /// <summary>CLIP's text tower in Hugging Face's names. As Stable Diffusion 1.x has it: all blocks, quick GELU, padded with the end token.
    /// The wide ones are OpenCLIP's (ViT-H/14), with exact GELU, padded with zeros; the last of their 24 blocks is not run.</summary>
    private static TextEncoderConfig HuggingFaceText(ComponentShapes w)
    {
        int vocabulary = w.Size(SourceParts.HuggingFaceText, 0), width = w.Size(SourceParts.HuggingFaceText, 1), end = vocabulary - 1;
        int layers = w.Count("text_model.encoder.layers.", ".layer_norm1.weight");
        bool isOpenClip = width >= OpenClipWidth;
        return new TextEncoderConfig(
            VocabSize: vocabulary,
            MaxPositionEmbeddings: w.Size("text_model.embeddings.position_embedding.weight", 0),
            HiddenSize: width,
            IntermediateSize: w.Size("text_model.encoder.layers.0.mlp.fc1.weight", 0),
            NumAttentionHeads: width % PublishedHeadDim == 0 && width > PublishedHeadDim ? width / PublishedHeadDim : LargestDivisor(width, 4),
            NumHiddenLayers: layers,
            ProjectionDim: w.Has("text_projection.weight") ? w.Size("text_projection.weight", 0) : width,
            HiddenAct: isOpenClip ? "gelu" : "quick_gelu",
            SkipLast: isOpenClip && layers == OpenClipLayers ? 1 : 0,
            BosTokenId: Math.Max(0, end - 1),
            EosTokenId: end,
            PadTokenId: isOpenClip ? 0 : end);
    }

    /// <summary>Walks the encoder's stages: a down-sampling ends a level, transformers mark its factor.</summary>
    private static (ImmutableArray<int> Mult, int Blocks, ImmutableArray<int> Attention) Levels(ComponentShapes w, int channels)
    {
        var mult = ImmutableArray.CreateBuilder<int>();
        var attention = new List<int>();
        int factor = 1, firstLevel = 0;
        for (int stage = 1; stage < 256 && w.HasBelow($"input_blocks.{stage}."); stage++)
        {
            if (w.Has($"input_blocks.{stage}.0.op.weight"))
            {
                factor *= 2;
                continue;
            }

            int level = int.Log2(factor);
            int width = w.Size($"input_blocks.{stage}.0.out_layers.3.weight", 0);
            firstLevel += level == 0 ? 1 : 0;
            if (mult.Count == level)
                mult.Add(Math.Max(1, width / channels));
            if (w.Has($"input_blocks.{stage}.1.proj_in.weight") && !attention.Contains(factor))
                attention.Add(factor);
        }

        return (mult.Count == 0 ? [1] : mult.ToImmutable(), Math.Max(1, firstLevel), [.. Enumerable.Reverse(attention)]);
    }

    private static string? FirstCrossAttention(ComponentShapes w)
    {
        string? stage = Enumerable.Range(1, 64).Select(i => $"input_blocks.{i}.1").Append("middle_block.1").FirstOrDefault(s => w.Has($"{s}.proj_in.weight"));
        return stage is null ? null : $"{stage}.transformer_blocks.0.attn2";
    }

    private static int LargestDivisor(int value, int most) => Enumerable.Range(1, most).Last(d => value % d == 0);
}
