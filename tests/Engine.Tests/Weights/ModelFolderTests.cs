using System.Security.Cryptography;
using Hummingbird.Vulkan.Engine.Weights;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Weights;

public sealed class ModelFolderTests
{
    private static readonly string NanoFolder = Path.Combine(TestData.Root, "models", "nano");

    [Fact]
    public void Embedded_nano_has_the_values_of_its_files()
    {
        using var model = ModelFolder.Open("nano");
        Assert.Equal("nano", model.DisplayName);
        Assert.Equal((32, 1, 16, 64, false, true, 2, 256, 4), (model.UNetConfig.ModelChannels, model.UNetConfig.NumResBlocks, model.UNetConfig.HeadDim,
            model.UNetConfig.ContextDim, model.UNetConfig.HasMiddle, model.UNetConfig.InitAttn, model.UNetConfig.InitAttnHeads,
            model.UNetConfig.TimeCondDim, model.UNetConfig.Groups));
        Assert.Equal([1, 2], model.UNetConfig.ChannelMult);
        Assert.Equal([2], model.UNetConfig.AttentionResolutions);
        Assert.Equal((8, 1, 2, 0.18215f, 8), (model.VaeConfig.Ch, model.VaeConfig.NumResBlocks, model.VaeConfig.Groups, model.VaeConfig.ScalingFactor, model.VaeConfig.PixelsPerLatent));
        Assert.Equal((755, 32, 64, 3, 1, 753, 754), (model.TextEncoderConfig.VocabSize, model.TextEncoderConfig.MaxPositionEmbeddings, model.TextEncoderConfig.HiddenSize,
            model.TextEncoderConfig.NumHiddenLayers, model.TextEncoderConfig.SkipLast, model.TextEncoderConfig.BosTokenId, model.TextEncoderConfig.EosTokenId));
        Assert.Equal(("LCMScheduler", 50, 4, true, false), (model.SchedulerConfig.ClassName, model.SchedulerConfig.OriginalInferenceSteps,
            model.SchedulerConfig.NumInferenceSteps, model.SchedulerConfig.GuidanceEmbedding, model.SchedulerConfig.UseScale));
        Assert.Equal((64, 64, 8, 8, 4, 4.0), (model.Index.Defaults.Width, model.Index.Defaults.Height, model.Index.Defaults.Frames,
            model.Index.Defaults.Fps, model.Index.Defaults.Steps, model.Index.Defaults.GuidanceScale));
    }

    /// <summary>The teacher has the shape of VideoCrafter2, the student that of Hummingbird 0.7B, both with 16 pixels a latent.</summary>
    [Theory]
    [InlineData("nano-student", 1, false, 256, "LCMScheduler", 4)]
    [InlineData("nano-teacher", 2, true, null, "DDIMScheduler", 50)]
    public void Teacher_and_student_are_embedded_too(string name, int resBlocks, bool hasMiddle, int? timeCondDim, string sampler, int steps)
    {
        using var model = ModelFolder.Open(name);
        Assert.Equal((name, resBlocks, hasMiddle, timeCondDim), (model.DisplayName, model.UNetConfig.NumResBlocks, model.UNetConfig.HasMiddle, model.UNetConfig.TimeCondDim));
        Assert.Equal((sampler, steps, 8, 16), (model.SchedulerConfig.ClassName, model.Index.Defaults.Steps, model.VaeConfig.ZChannels, model.VaeConfig.PixelsPerLatent));
        Assert.Equal((128, 128, 16, 40), (model.Index.Defaults.Width, model.Index.Defaults.Height, model.Index.Defaults.Frames, model.Tokenizer.ContextLength));
        using var folder = ModelFolder.Open(Path.Combine(TestData.Root, "models", name));
        Assert.Equal(folder.Hash, model.Hash);
    }

    [Fact]
    public void The_students_words_have_the_ids_of_their_training()
    {
        using var model = ModelFolder.Open("nano-student");
        using VectorFile golden = new("nano_student_golden");
        Assert.Equal(golden.ReadIntegers("token_ids"), NanoGolden.Student.Prompts.SelectMany(p => model.Tokenizer.EncodeToContext(p)).Select(i => (long)i));
    }

    [Fact]
    public void Embedded_and_folder_hold_the_same_weights()
    {
        using var embedded = ModelFolder.Open("nano");
        using var folder = ModelFolder.Open(NanoFolder);
        string[] parts = ["text_encoder/model", "unet/diffusion_pytorch_model", "vae/diffusion_pytorch_model"];
        byte[] all = [.. parts.SelectMany(part => File.ReadAllBytes(Path.Combine(NanoFolder, part + ".safetensors")))];
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(all)), folder.Hash);
        Assert.Equal(folder.Hash, embedded.Hash);
        Assert.Equal(folder.UNet.Names.Order(StringComparer.Ordinal), embedded.UNet.Names.Order(StringComparer.Ordinal));
        var stem = new WeightScope(embedded.UNet) / "input_blocks" / 0 / 0;
        float[] weight = stem.Get("weight", 32, 4, 3, 3).ReadFloats();
        Assert.Equal((new WeightScope(folder.UNet) / "input_blocks.0.0")["weight"].ReadFloats(), weight);
        Assert.Contains(weight, v => v != 0);
    }

    [Fact]
    public void Every_nano_tensor_reads_as_finite_numbers()
    {
        using var model = ModelFolder.Open("nano");
        foreach (IWeightSource source in (IWeightSource[])[model.UNet, model.Vae, model.TextEncoder])
        {
            foreach (string name in source.Names)
            {
                Assert.True(source.TryGet(name, out WeightTensor? tensor));
                Assert.All(tensor.ReadFloats(), v => Assert.True(float.IsFinite(v), name));
            }
        }
    }

    [Fact]
    public void A_missing_folder_is_named() =>
        Assert.Contains("no such model folder", Assert.Throws<WeightException>(() => ModelFolder.Open("/no/such/folder")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_in_place_of_a_folder_is_named() =>
        Assert.Contains("hummingbird convert", Assert.Throws<WeightException>(() => ModelFolder.Open(Path.Combine(NanoFolder, "model_index.json"))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("model_index.json")]
    [InlineData("unet/config.json")]
    [InlineData("vae/config.json")]
    [InlineData("text_encoder/config.json")]
    [InlineData("scheduler/scheduler_config.json")]
    public void A_missing_configuration_is_named(string file)
    {
        using var copy = new NanoCopy();
        File.Delete(copy.File(file));
        Assert.Contains($"{file} is missing", Assert.Throws<WeightException>(() => ModelFolder.Open(copy.Folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_weights_are_named_when_first_needed()
    {
        using var copy = new NanoCopy();
        File.Delete(copy.File("vae/diffusion_pytorch_model.safetensors"));
        using var model = ModelFolder.Open(copy.Folder);
        Assert.NotEmpty(model.UNet.Names);
        Assert.Contains("vae/diffusion_pytorch_model.safetensors", Assert.Throws<WeightException>(() => model.Vae).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unet/config.json", "\"groups\": 4", "\"groups\": 5", "groups is 5")]
    [InlineData("unet/config.json", "\"groups\": 4", "\"groups\": 4.5", "groups")]
    [InlineData("unet/config.json", "\"groups\": 4", "\"groups\": \"4\"", "groups")]
    [InlineData("unet/config.json", "\"groups\": 4", "\"groups\": 4, \"groups\": 4", "uplicate")]
    [InlineData("unet/config.json", "\"groups\": 4", "\"groups\": 99999999999", "groups")]
    [InlineData("unet/config.json", "\"groups\": 4", "\"groups\": 4,,", "not a valid configuration")]
    [InlineData("unet/config.json", "\"model_channels\": 32", "\"model_channels\": -32", "model_channels is -32, expected 2 to 4096")]
    [InlineData("unet/config.json", "\"context_dim\": 64", "\"context_dim\": 65", "hidden_size of text_encoder/config.json is 64")]
    [InlineData("unet/config.json", "\"spatial_conv\": \"none\"", "\"spatial_conv\": \"x\"", "spatial_conv is 'x'")]
    [InlineData("unet/config.json", "\"time_cond_dim\": 256", "\"time_cond_dim\": 255", "time_cond_dim is 255")]
    [InlineData("vae/config.json", "\"z_channels\": 4", "\"z_channels\": 3", "z_channels of vae/config.json is 3")]
    [InlineData("vae/config.json", "\"scaling_factor\": 0.18215", "\"scaling_factor\": 0", "scaling_factor is 0")]
    [InlineData("vae/config.json", "\"downsample_factor\": 8", "\"downsample_factor\": 16", "downsample_factor is 16")]
    [InlineData("text_encoder/config.json", "\"skip_last\": 1", "\"skip_last\": 3", "skip_last is 3, expected 0 to 2")]
    [InlineData("text_encoder/config.json", "\"eos_token_id\": 754", "\"eos_token_id\": 755", "eos_token_id is 755, expected 0 to 754")]
    [InlineData("text_encoder/config.json", "\"hidden_act\": \"gelu\"", "\"hidden_act\": \"relu\"", "hidden_act is 'relu'")]
    [InlineData("text_encoder/config.json", "\"hidden_act\": \"gelu\"", "\"hidden_act\": null", "hidden")]
    [InlineData("scheduler/scheduler_config.json", "\"prediction_type\": \"epsilon\"", "\"prediction_type\": \"v_prediction\"", "prediction_type is 'v_prediction'")]
    [InlineData("scheduler/scheduler_config.json", "\"beta_start\": 0.00085", "\"beta_start\": 0.5", "beta_start is 0.5")]
    [InlineData("model_index.json", "\"frames\": 8", "\"frames\": 0", "defaults.frames is 0, expected 1 to 1024")]
    public void A_wrong_value_is_named_with_its_file(string file, string from, string to, string expected)
    {
        using var copy = new NanoCopy();
        string text = File.ReadAllText(copy.File(file));
        Assert.Contains(from, text, StringComparison.Ordinal);
        File.WriteAllText(copy.File(file), text.Replace(from, to, StringComparison.Ordinal));
        string message = Assert.Throws<WeightException>(() => ModelFolder.Open(copy.Folder)).Message;
        Assert.Contains(expected, message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(file, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void Absent_fields_take_the_published_models_values()
    {
        using var copy = new NanoCopy();
        File.WriteAllText(copy.File("unet/config.json"), "{}");
        File.WriteAllText(copy.File("vae/config.json"), "{}");
        File.WriteAllText(copy.File("text_encoder/config.json"), "{}");
        File.WriteAllText(copy.File("scheduler/scheduler_config.json"), "{}");
        using var model = ModelFolder.Open(copy.Folder);
        Assert.Equal((320, 1, 64, 1024, true, 256, 32), (model.UNetConfig.ModelChannels, model.UNetConfig.NumResBlocks, model.UNetConfig.HeadDim,
            model.UNetConfig.ContextDim, model.UNetConfig.HasMiddle, model.UNetConfig.TimeCondDim, model.UNetConfig.Groups));
        Assert.Equal([1, 2, 4, 4], model.UNetConfig.ChannelMult);
        Assert.Equal([4, 2, 1], model.UNetConfig.AttentionResolutions);
        Assert.Equal((128, 2, 1e-6f, 8), (model.VaeConfig.Ch, model.VaeConfig.NumResBlocks, model.VaeConfig.Eps, model.VaeConfig.PixelsPerLatent));
        Assert.Equal((49408, 77, 24, 16), (model.TextEncoderConfig.VocabSize, model.TextEncoderConfig.MaxPositionEmbeddings,
            model.TextEncoderConfig.NumHiddenLayers, model.TextEncoderConfig.NumAttentionHeads));
        Assert.Equal((0.00085, 0.012, 1000), (model.SchedulerConfig.BetaStart, model.SchedulerConfig.BetaEnd, model.SchedulerConfig.NumTrainTimesteps));
    }

    [Fact]
    public void Null_time_cond_dim_means_classifier_free_guidance()
    {
        using var copy = new NanoCopy();
        string file = copy.File("unet/config.json");
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"time_cond_dim\": 256", "\"time_cond_dim\": null", StringComparison.Ordinal));
        using var model = ModelFolder.Open(copy.Folder);
        Assert.Null(model.UNetConfig.TimeCondDim);
    }
}
