using System.Security.Cryptography;
using System.Text;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.WeightsConverter.Detection;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Conversion;

public sealed class ManifestTests
{
    private static readonly UNetConfig Hb09 = new();
    private static readonly UNetConfig Vc2 = Hb09 with { NumResBlocks = 2, TimeCondDim = null };

    // Count, parameters and the first half of the SHA-256 over "name d,d,d\n" of the published modules' own state dictionaries.
    public static TheoryData<string, int, long, string> Published => new()
    {
        { "hb07", 853, 772_091_780, "4786d1e161fd25b1da421c0f43292b82" },
        { "hb09", 957, 945_209_220, "d908fd94624cbe414ba634dabbdd286d" },
        { "i2v09", 976, 961_522_820, "4fb9d146536b074cd125725f3491ecf0" },
        { "vc2", 1484, 1_413_284_420, "2e81e513dfcda073c10f6aa46eae0b54" },
        { "vc2_lcm", 1485, 1_413_366_340, "83c4d993a5eb915f4af1602d59f10e45" },
        { "vae", 248, 83_653_863, "f42380736efa018f8b49f60287bd0cf2" },
        { "text_vith14", 294, 354_032_641, "898342f1fca01ae7b0522ee33118ae16" },
    };

    [Theory]
    [MemberData(nameof(Published))]
    public void Names_shapes_and_order_are_those_of_the_published_modules(string name, int tensors, long parameters, string hash)
    {
        Manifest manifest = Of(name);
        string text = string.Concat(manifest.Entries.Select(e => $"{e.Name} {string.Join(',', e.Shape)}\n"));
        Assert.Equal(tensors, manifest.Entries.Count);
        Assert.Equal(parameters, manifest.Parameters);
        Assert.Equal(hash, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..32]);
    }

    [Theory]
    [InlineData("vc2_lcm", 575)]
    [InlineData("hb07", 333)]
    public void A_LoRA_file_has_a_pair_for_every_layer(string name, int layers) => Assert.Equal(layers, LoraMerge.Layers(Of(name)).Count);

    [Theory]
    [InlineData("hb07")]
    [InlineData("hb09")]
    [InlineData("i2v09")]
    [InlineData("vc2")]
    [InlineData("vc2_lcm")]
    public void The_configuration_follows_from_the_shapes(string name)
    {
        Manifest manifest = Of(name);
        var shapes = new ComponentShapes(manifest.Entries.ToDictionary(e => e.Name, e => e.Shape), "file", "U-Net");
        UNetConfig config = ShapeConfigs.UNet(shapes);
        Assert.Equal(manifest.Entries.Select(e => e.Name), UNetManifest.Of(config).Entries.Select(e => e.Name));
        Assert.Equal([1, 2, 4, 4], config.ChannelMult);
        Assert.Equal([4, 2, 1], config.AttentionResolutions);
        Assert.Equal((64, 8, 1024, 32), (config.HeadDim, config.InitAttnHeads, config.ContextDim, config.Groups));
    }

    private static Manifest Of(string name) => name switch
    {
        "hb07" => UNetManifest.Of(Hb09 with { HasMiddle = false }),
        "hb09" => UNetManifest.Of(Hb09),
        "i2v09" => UNetManifest.Of(Hb09 with { InChannels = 8, TimeCondDim = null, ImageCrossAttention = true }),
        "vc2" => UNetManifest.Of(Vc2),
        "vc2_lcm" => UNetManifest.Of(Vc2 with { TimeCondDim = 256 }),
        "vae" => AutoencoderManifest.Of(new AutoencoderConfig()),
        _ => TextEncoderManifest.Of(new TextEncoderConfig()),
    };
}
