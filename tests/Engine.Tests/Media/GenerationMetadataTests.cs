using System.Buffers.Binary;
using System.Text;
using Hummingbird.Vulkan.Engine.Media;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Media;

public sealed class GenerationMetadataTests
{
    [Theory]
    [InlineData("clip.apng")]
    [InlineData("clip.mp4")]
    [InlineData("clip.webm")]
    public void The_file_alone_says_how_it_was_made(string name)
    {
        using var folder = new TempFolder();
        TestVideo.Write(folder[name], 18, 10, TestVideo.Frames(18, 10, 5), TestVideo.Metadata);
        File.Delete(folder[name + ".json"]);
        Assert.Equal(TestVideo.Metadata, MetadataReader.Read(folder[name]));
    }

    [Theory]
    [InlineData("clip.mp4")]
    [InlineData("clip.gif")]
    [InlineData("clip.apng")]
    public void The_sidecar_says_it_where_the_file_cannot(string name)
    {
        using var folder = new TempFolder();
        TestVideo.Write(folder[name], 18, 10, TestVideo.Frames(18, 10, 5)); // No metadata inside,
        Assert.Equal([name], folder.Entries);
        Assert.Null(MetadataReader.Read(folder[name]));
        File.WriteAllText(folder[name + ".json"], TestVideo.Metadata.ToJson(indented: true)); // only beside.
        Assert.Equal(TestVideo.Metadata, MetadataReader.Read(folder[name]));
    }

    [Fact]
    public void A_prompt_too_long_for_a_command_line_is_kept_in_the_sidecar()
    {
        using var folder = new TempFolder();
        var metadata = TestVideo.Metadata with { Prompt = new string('a', 300_000) };
        TestVideo.Write(folder["clip.mp4"], 18, 10, TestVideo.Frames(18, 10, 2), metadata);
        Assert.Equal(metadata, MetadataReader.Read(folder["clip.mp4"]));
    }

    [Fact]
    public void A_png_holds_both_texts_as_international_text_before_the_picture()
    {
        using var folder = new TempFolder();
        TestVideo.Write(folder["one.png"], 8, 8, TestVideo.Frames(8, 8, 1), TestVideo.Metadata);
        byte[] file = File.ReadAllBytes(folder["one.png"]);
        var chunks = new List<(string Type, string Data)>();
        for (int at = 8; at < file.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
            chunks.Add((Encoding.ASCII.GetString(file, at + 4, 4), Encoding.UTF8.GetString(file, at + 8, length)));
            at += length + 12;
        }

        Assert.Equal(["IHDR", "sRGB", "iTXt", "iTXt", "IDAT", "IEND"], chunks.Select(c => c.Type));
        Assert.Equal("parameters\0\0\0\0\0" + TestVideo.Metadata.ToParametersText(), chunks[2].Data);
        Assert.Equal("hummingbird\0\0\0\0\0" + TestVideo.Metadata.ToJson(), chunks[3].Data);
    }

    [Fact]
    public void Json_has_snake_case_names_and_readable_text()
    {
        string json = TestVideo.Metadata.ToJson();
        Assert.Contains("\"negative_prompt\":\"blur, noise\"", json, StringComparison.Ordinal);
        Assert.Contains("\"guidance_scale\":7.5", json, StringComparison.Ordinal);
        Assert.Contains("\"latents_sha256\":\"fedcba9876543210\"", json, StringComparison.Ordinal);
        Assert.Contains("蜂鳥", json, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', json);
        Assert.Equal(TestVideo.Metadata, GenerationMetadata.FromJson(TestVideo.Metadata.ToJson(indented: true)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[1, 2]")]
    [InlineData("{\"prompt\":\"a\"}")]
    [InlineData("{\"prompt\": tru")]
    public void Other_json_is_not_ours(string json) => Assert.Null(GenerationMetadata.FromJson(json));

    [Fact]
    public void Parameters_are_as_image_tools_read_them()
    {
        var metadata = TestVideo.Metadata with { Prompt = "a red circle" };
        Assert.Equal(
            "a red circle\nNegative prompt: blur, noise\n"
            + "Steps: 4, Sampler: lcm, CFG scale: 7.5, Seed: 1234567890123, Size: 18x10, Frames: 5, FPS: 8, "
            + "Model hash: 0123456789, Model: models/my nano, Precision: fp16, "
            + "Device: \"llvmpipe (LLVM 15.0.6, 256 bits)\", Latents SHA-256: fedcba9876543210, "
            + "Version: Hummingbird.Vulkan 0.1.0",
            metadata.ToParametersText());
        Assert.Equal(
            "a red circle\nSteps: 4, Sampler: lcm, CFG scale: 7.5, Seed: 1234567890123, Size: 18x10, Frames: 5, "
            + "FPS: 8, Model: models/my nano, Precision: fp16",
            (metadata with { NegativePrompt = "", ModelHash = null, Device = null, LatentsSha256 = null, EngineVersion = null })
                .ToParametersText());
    }

    [Fact]
    public void The_command_line_names_every_choice()
    {
        var metadata = TestVideo.Metadata with { Prompt = "a red circle", NegativePrompt = "" };
        Assert.Equal(
            "hummingbird generate 'a red circle' --model 'models/my nano' --seed 1234567890123 --steps 4 --frames 5 "
            + "--fps 8 --width 18 --height 10 --guidance-scale 7.5 --scheduler lcm --precision fp16 --output out.mp4",
            metadata.ToCommandLine("out.mp4"));
        Assert.Contains("--load-noise noise.safetensors",
            (metadata with { NoiseFile = "noise.safetensors" }).ToCommandLine(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("it's \"quoted\" $HOME `id` \\ !x *")]
    [InlineData("two\nlines\tand 蜂鳥")]
    [InlineData("")]
    [InlineData("plain")]
    [InlineData("--help me")]
    [InlineData("'; exit 1; '")]
    public void A_shell_reads_the_command_line_back(string prompt)
    {
        var metadata = TestVideo.Metadata with { Prompt = prompt, NegativePrompt = "-n 'x'" };
        string command = metadata.ToCommandLine();
        byte[] output = TestVideo.Run("/bin/sh", "-c", "hummingbird() { printf '%s\\0' \"$@\"; }\n" + command);
        string[] words = Encoding.UTF8.GetString(output).Split('\0')[..^1];
        Assert.Equal("generate", words[0]);
        Assert.Equal(prompt, prompt.StartsWith('-') ? words[^1] : words[1]);
        Assert.Equal(prompt.StartsWith('-'), words[^2] == "--");
        Assert.Contains("--negative-prompt=-n 'x'", words);
    }

    [Fact]
    public void A_missing_or_damaged_file_is_an_error()
    {
        using var folder = new TempFolder();
        Assert.Throws<MediaException>(() => MetadataReader.Read(folder["none.mp4"]));
        TestVideo.Write(folder["clip.apng"], 18, 10, TestVideo.Frames(18, 10, 2), TestVideo.Metadata);
        byte[] file = File.ReadAllBytes(folder["clip.apng"]);

        File.WriteAllBytes(folder["short.apng"], file[..(file.Length - 40)]);
        Assert.Contains("ends too early",
            Assert.Throws<MediaException>(() => MetadataReader.Read(folder["short.apng"])).Message, StringComparison.Ordinal);

        int text = file.AsSpan().IndexOf("iTXt"u8) + 40;
        file[text] ^= 1;
        File.WriteAllBytes(folder["flipped.apng"], file);
        Assert.Contains("checksum",
            Assert.Throws<MediaException>(() => MetadataReader.Read(folder["flipped.apng"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_that_other_programs_wrote_is_understood()
    {
        using var folder = new TempFolder();
        using (var stream = File.Create(folder["other.png"]))
        {
            PngWriter.WriteStart(stream, 1, 1);
            PngChunks.Write(stream, "tEXt", [.. "Comment\0caf\u00e9".Select(c => (byte)c)]);
            using var deflated = new MemoryStream();
            using (var zlib = new System.IO.Compression.ZLibStream(deflated, System.IO.Compression.CompressionLevel.Fastest, true))
            {
                zlib.Write(Encoding.UTF8.GetBytes(TestVideo.Metadata.ToJson()));
            }

            PngChunks.Write(stream, "iTXt", [.. "hummingbird"u8, 0, 1, 0, .. "en"u8, 0, .. "Kolibri"u8, 0, .. deflated.ToArray()]);
            PngChunks.Write(stream, "iTXt", [.. "broken"u8, 0, 0]);
            PngChunks.Write(stream, "IEND", []);
        }

        using (var stream = File.OpenRead(folder["other.png"]))
        {
            Assert.Equal("café", PngChunks.ReadTexts(stream, "other.png")!["Comment"]);
        }

        Assert.Equal(TestVideo.Metadata, MetadataReader.Read(folder["other.png"]));
    }
}
