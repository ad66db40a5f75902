using System.Text.RegularExpressions;
using Hummingbird.Vulkan.WeightsConverter.Checkpoints;

namespace Hummingbird.Vulkan.WeightsConverter.Detection;

/// <summary>The auto-encoder of Stable Diffusion in diffusers' names, under those of latent-diffusion; the values are the same.</summary>
/// <remarks>Levels of the decoder are counted from the other end, and the attention's linear layers are 1 x 1 convolutions there.</remarks>
internal static partial class DiffusersVae
{
    private static readonly (string From, string To)[] Names =
    [
        (".mid_block.resnets.0.", ".mid.block_1."), (".mid_block.resnets.1.", ".mid.block_2."), (".mid_block.attentions.0.", ".mid.attn_1."),
        (".attn_1.group_norm.", ".attn_1.norm."), (".attn_1.to_q.", ".attn_1.q."), (".attn_1.to_k.", ".attn_1.k."), (".attn_1.to_v.", ".attn_1.v."), (".attn_1.to_out.0.", ".attn_1.proj_out."),
        (".attn_1.query.", ".attn_1.q."), (".attn_1.key.", ".attn_1.k."), (".attn_1.value.", ".attn_1.v."), (".attn_1.proj_attn.", ".attn_1.proj_out."),
        (".downsamplers.0.", ".downsample."), (".upsamplers.0.", ".upsample."), (".conv_shortcut.", ".nin_shortcut."), (".conv_norm_out.", ".norm_out."),
    ];

    // Names of the attention's layers before diffusers 0.17.
    private static readonly string[] Before = [".attn_1.query.", ".attn_1.key.", ".attn_1.value.", ".attn_1.proj_attn."];

    public static bool Is(IEnumerable<string> names) => names.Contains("decoder.up_blocks.0.resnets.0.conv1.weight", StringComparer.Ordinal);

    public static IEnumerable<SourceTensor> Renamed(IReadOnlyCollection<SourceTensor> tensors)
    {
        int levels = tensors.Select(t => UpBlock().Match(t.Name)).Where(m => m.Success).Select(m => 1 + int.Parse(m.Groups[1].Value)).DefaultIfEmpty().Max();
        foreach (SourceTensor tensor in tensors)
        {
            string name = Names.Aggregate(tensor.Name, (text, pair) => text.Replace(pair.From, pair.To, StringComparison.Ordinal));
            name = DownBlock().Replace(name, m => $"encoder.down.{m.Groups[1].Value}.");
            name = UpBlock().Replace(name, m => $"decoder.up.{levels - 1 - int.Parse(m.Groups[1].Value)}.");
            name = Resnet().Replace(name, m => $".block.{m.Groups[1].Value}.");
            bool isProjection = tensor.Shape.Length == 2 && name.Contains(".attn_1.", StringComparison.Ordinal);
            yield return isProjection ? tensor.As(name, [.. tensor.Shape, 1, 1]) : tensor.As(name);
        }
    }

    /// <summary>The other way: latent-diffusion's names under diffusers' of today, for networks that are built on those.</summary>
    public static IEnumerable<SourceTensor> Restored(IReadOnlyCollection<SourceTensor> tensors)
    {
        int levels = tensors.Select(t => UpLevel().Match(t.Name)).Where(m => m.Success).Select(m => 1 + int.Parse(m.Groups[1].Value)).DefaultIfEmpty().Max();
        foreach (SourceTensor tensor in tensors)
        {
            string name = DownLevel().Replace(tensor.Name, m => $"encoder.down_blocks.{m.Groups[1].Value}.");
            name = UpLevel().Replace(name, m => $"decoder.up_blocks.{levels - 1 - int.Parse(m.Groups[1].Value)}.");
            name = LevelBlock().Replace(name, m => $".resnets.{m.Groups[1].Value}.");
            name = Names.Where(pair => !Before.Contains(pair.From)).Reverse()
                .Aggregate(name, (text, pair) => text.Replace(pair.To, pair.From, StringComparison.Ordinal));
            bool isProjection = tensor.Shape.Length == 4 && name.Contains(".attentions.0.to_", StringComparison.Ordinal);
            yield return isProjection ? tensor.As(name, [tensor.Shape[0], tensor.Shape[1]]) : tensor.As(name);
        }
    }

    [GeneratedRegex(@"^encoder\.down\.(\d{1,3})\.")]
    private static partial Regex DownLevel();

    [GeneratedRegex(@"^decoder\.up\.(\d{1,3})\.")]
    private static partial Regex UpLevel();

    [GeneratedRegex(@"\.block\.(\d{1,3})\.")]
    private static partial Regex LevelBlock();

    [GeneratedRegex(@"^encoder\.down_blocks\.(\d{1,3})\.")]
    private static partial Regex DownBlock();

    [GeneratedRegex(@"^decoder\.up_blocks\.(\d{1,3})\.")]
    private static partial Regex UpBlock();

    [GeneratedRegex(@"\.resnets\.(\d{1,3})\.")]
    private static partial Regex Resnet();
}
