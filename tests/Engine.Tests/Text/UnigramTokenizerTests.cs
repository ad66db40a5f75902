using System.Text.Json;
using Hummingbird.Vulkan.Engine.Text;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Vectors;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Text;

/// <summary>Against SentencePiece itself: NFKC, white space, unknown characters, bytes, symbols of the user.</summary>
public sealed class UnigramTokenizerTests
{
    [Theory]
    [InlineData("nfkc_bytes")]
    [InlineData("identity")]
    public void Ids_are_those_of_SentencePiece(string name)
    {
        using JsonDocument cases = JsonDocument.Parse(File.ReadAllText(TestData.PathOf("spiece/cases.json")));
        JsonElement own = cases.RootElement.GetProperty(name);
        UnigramTokenizer tokenizer = Open(name);
        Assert.Equal(own.GetProperty("size").GetInt32(), tokenizer.VocabularySize);
        List<string> wrong = [];
        foreach (JsonElement row in own.GetProperty("texts").EnumerateArray())
        {
            string text = row.GetProperty("text").GetString()!;
            int[] expected = [.. row.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
            IReadOnlyList<int> found = tokenizer.EncodeToIds(text);
            if (!expected.SequenceEqual(found))
                wrong.Add($"{JsonEncodedText.Encode(text)}: expected {string.Join(' ', expected)}, found {string.Join(' ', found)}");
            if (row.GetProperty("decoded").GetString() != tokenizer.Decode(found))
                wrong.Add($"{JsonEncodedText.Encode(text)}: decoded as {JsonEncodedText.Encode(tokenizer.Decode(found))}, expected {JsonEncodedText.Encode(row.GetProperty("decoded").GetString()!)}");
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void A_context_is_text_end_and_padding()
    {
        UnigramTokenizer tokenizer = Open("nfkc_bytes");
        int[] ids = tokenizer.EncodeToContext("a red circle"), cut = tokenizer.EncodeToContext(string.Join(' ', Enumerable.Repeat("red", 100)));
        IReadOnlyList<int> text = tokenizer.EncodeToIds("a red circle");
        Assert.Equal([.. text, 1, .. new int[tokenizer.ContextLength - text.Count - 1]], ids);
        Assert.Equal(tokenizer.ContextLength, cut.Length);
        Assert.Equal(1, cut[^1]);
        Assert.DoesNotContain(0, cut);
    }

    [Fact]
    public void Without_a_vocabulary_every_byte_is_a_token()
    {
        UnigramTokenizer tokenizer = UnigramTokenizer.OfBytes(16);
        Assert.Equal("ab é", tokenizer.Decode(tokenizer.EncodeToIds("ab é")));
        Assert.Equal(3 + 'b', tokenizer.EncodeToIds("b")[^1]);
    }

    /// <summary>Cut anywhere and changed anywhere: a message, never a crash.</summary>
    [Fact]
    public void Damaged_models_are_refused_or_read()
    {
        byte[] whole = File.ReadAllBytes(TestData.PathOf("spiece/identity.model"));
        int refused = 0;
        for (int i = 0; i < whole.Length; i++)
        {
            byte[] changed = [.. whole];
            changed[i] ^= (byte)(1 + (i * 37 % 255));
            foreach (byte[] bytes in new[] { whole[..i], changed })
            {
                try
                {
                    UnigramTokenizer.FromModel(bytes, "spiece.model", 8).EncodeToIds("a red [video] circle §");
                }
                catch (WeightException error)
                {
                    Assert.StartsWith("spiece.model: ", error.Message, StringComparison.Ordinal);
                    refused++;
                }
            }
        }

        Assert.InRange(refused, whole.Length / 4, 2 * whole.Length);
    }

    [Fact]
    public void A_damaged_character_map_is_refused_or_survived()
    {
        Assert.Throws<WeightException>(() => new CharacterMap([1, 2, 3], "spiece.model"));
        Assert.Throws<WeightException>(() => new CharacterMap([255, 255, 255, 255, 0], "spiece.model"));
        byte[] blob = [8, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 65];
        Assert.InRange(new CharacterMap(blob, "spiece.model").Match("any text"u8, out _), 0, 8);
    }

    private static UnigramTokenizer Open(string name) => UnigramTokenizer.FromModel(File.ReadAllBytes(TestData.PathOf($"spiece/{name}.model")), $"{name}.model", 32);
}
