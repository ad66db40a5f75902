using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Hummingbird.Vulkan.Engine.Text;
using Hummingbird.Vulkan.Engine.Weights;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Text;

public sealed class ClipTokenizerTests
{
    private static readonly string Folder = Path.Combine(TestData.Root, "models", "nano", "tokenizer");
    private static readonly byte[] Vocab = File.ReadAllBytes(Path.Combine(Folder, "vocab.json"));
    private static readonly byte[] Merges = File.ReadAllBytes(Path.Combine(Folder, "merges.txt"));
    private static readonly ClipTokenizer Nano = ClipTokenizer.FromHuggingFace(Vocab, Merges, "nano", contextLength: 32);

    [Fact]
    public void Five_hundred_texts_give_the_reference_ids()
    {
        List<string> wrong = [];
        int count = 0;
        foreach ((string text, int[] expected) in Pairs("ids"))
        {
            count++;
            IReadOnlyList<int> actual = Nano.EncodeToIds(text);
            if (!actual.SequenceEqual(expected))
                wrong.Add($"{JsonSerializer.Serialize(text)}: [{string.Join(' ', actual)}], expected [{string.Join(' ', expected)}]");
            Assert.Equal(actual.Count, Nano.CountTokens(text));
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.InRange(count, 500, int.MaxValue);
    }

    [Fact]
    public void Contexts_are_padded_and_cut_as_the_reference_does()
    {
        foreach ((string text, int[] expected) in Pairs("contexts"))
            Assert.Equal(expected, Nano.EncodeToContext(text));
    }

    [Fact]
    public void The_published_file_format_gives_the_same_ids()
    {
        ClipTokenizer plain = ClipTokenizer.FromMergeList(Merges, "list", 32);
        ClipTokenizer packed = ClipTokenizer.FromMergeList(Gzip(Merges), "list.gz", 32);
        Assert.Equal((755, 753, 754), (plain.VocabularySize, plain.StartId, plain.EndId));
        foreach ((string text, int[] expected) in Pairs("ids"))
        {
            Assert.Equal(expected, plain.EncodeToIds(text));
            Assert.Equal(expected, packed.EncodeToIds(text));
        }
    }

    [Fact]
    public void The_model_folder_has_the_same_tokenizer()
    {
        using var model = ModelFolder.Open("nano");
        Assert.Equal(32, model.Tokenizer.ContextLength);
        foreach ((string text, int[] expected) in Pairs("contexts"))
            Assert.Equal(expected, model.Tokenizer.EncodeToContext(text));
    }

    [Fact]
    public void Special_tokens_in_a_prompt_are_recognised()
    {
        Assert.Equal([753, 754, 320], Nano.EncodeToIds("<|startoftext|><|EndOfText|> a"));
        Assert.Equal([753, 754, 320], ClipTokenizer.FromMergeList(Merges, "list", 32).EncodeToIds("<start_of_text><end_of_text>a"));
    }

    [Theory]
    [InlineData("A big  RED circle, moving right!", "a big red circle , moving right !")]
    [InlineData("déjà vu 猫", "déjà vu 猫")]
    [InlineData("", "")]
    public void Decoding_gives_the_words_back(string text, string expected)
    {
        Assert.Equal(expected, Nano.Decode(Nano.EncodeToIds(text)));
        Assert.Equal(expected, Nano.Decode(Nano.EncodeToContext(text)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Nano.Decode([755]));
    }

    [Fact]
    public void A_lone_surrogate_and_a_very_long_word_do_no_harm()
    {
        Assert.Equal(Nano.EncodeToIds("\uFFFD x"), Nano.EncodeToIds("\uD800 x"));
        Assert.Equal(32, Nano.EncodeToContext(new string('a', 200_000)).Length);
    }

    [Fact]
    public void Files_that_do_not_fit_are_named()
    {
        Refused("missing from the vocabulary", () => HuggingFace("{}"u8, Merges));
        Refused("not a vocabulary", () => HuggingFace("[]"u8, Merges));
        Refused("not a vocabulary", () => HuggingFace("""{"a":"b"}"""u8, Merges));
        Refused("not a vocabulary", () => HuggingFace("""{"a":0,"a":1}"""u8, Merges));
        Refused("0 is missing", () => HuggingFace("""{"a":1}"""u8, Merges));
        Refused("1 is missing", () => HuggingFace("""{"a":0,"b":0}"""u8, Merges));
        Refused("line 2 of the merges", () => HuggingFace(Vocab, "#\na b c\n"u8));
        Refused("'zz'", () => HuggingFace(Vocab, "#\nz z\n"u8));
        Refused("appears twice", () => HuggingFace(Vocab, "#\ni n\ni n\n"u8));
        Refused("not UTF-8", () => HuggingFace(Vocab, [(byte)'#', (byte)'\n', 0xFF]));
        Refused("made twice", () => ClipTokenizer.FromMergeList("#\na b\na b\n"u8.ToArray(), "list"));
        Refused("damaged gzip", () => ClipTokenizer.FromMergeList([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], "list"));
        Refused("unpacks to more", () => ClipTokenizer.FromMergeList(Gzip(new byte[17 << 20]), "list"));
    }

    private static void Refused(string says, Action action) =>
        Assert.Contains(says, Assert.Throws<WeightException>(action).Message, StringComparison.Ordinal);

    private static void HuggingFace(ReadOnlySpan<byte> vocab, ReadOnlySpan<byte> merges) =>
        ClipTokenizer.FromHuggingFace(vocab.ToArray(), merges.ToArray(), "files", 32);

    private static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(bytes);
        return packed.ToArray();
    }

    private static IEnumerable<(string Text, int[] Ids)> Pairs(string key)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(TestData.PathOf("tokenizer_nano.json"), Encoding.UTF8));
        foreach (JsonElement pair in json.RootElement.GetProperty(key).EnumerateArray())
            yield return (pair[0].GetString()!, [.. pair[1].EnumerateArray().Select(id => id.GetInt32())]);
    }
}
