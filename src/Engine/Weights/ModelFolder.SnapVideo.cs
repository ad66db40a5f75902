using System.Security.Cryptography;
using Hummingbird.Vulkan.Engine.Text;

namespace Hummingbird.Vulkan.Engine.Weights;

/// <remarks>A Snap Video folder: model_index.json, tokenizer/spiece.model, text_encoder/, fit_stage1/, fit_stage2/ (where there is one),
/// scheduler/.</remarks>
public sealed partial class ModelFolder
{
    /// <summary>The cascade of a Snap Video model; null for the other families.</summary>
    public SnapVideoParts? SnapVideo { get; }

    /// <summary>The folder as a Snap Video model, or null when it says it is another.</summary>
    private static ModelFolder? OpenSnapVideo(ModelFiles files)
    {
        ModelIndex index = ReadConfig(files, "model_index.json", ModelJson.Default.ModelIndex, static (c, check) => c.Validate(check));
        if (index.ClassName != SnapVideoParts.ClassName)
            return null;
        const string firstFile = $"{SnapVideoParts.FirstFolder}/config.json", secondFile = $"{SnapVideoParts.SecondFolder}/config.json";
        SnapVideoParts parts = new(
            ReadConfig(files, firstFile, ModelJson.Default.FitConfig, static (c, check) => c.Validate(check)),
            files.Exists(secondFile) ? ReadConfig(files, secondFile, ModelJson.Default.FitConfig, static (c, check) => c.Validate(check)) : null,
            ReadConfig(files, "text_encoder/config.json", ModelJson.Default.T5Config, static (c, check) => c.Validate(check)),
            ReadConfig(files, "scheduler/scheduler_config.json", ModelJson.Default.SnapSamplerConfig, static (c, check) => c.Validate(check)));
        parts.CheckAgreement(file => new(files.NameOf(file)));
        SafetensorsSource first = OpenWeights(files, SnapVideoParts.FirstFolder, "diffusion_pytorch_model");
        SafetensorsSource? second = parts.Second is null ? null : OpenWeights(files, SnapVideoParts.SecondFolder, "diffusion_pytorch_model");
        SafetensorsSource text = OpenWeights(files, "text_encoder", "model");
        return new(new ModelParts(
            files.DisplayName, index, new(), new(), new(), new(), first, second ?? (IWeightSource)new MemorySource([]), text, ReadPieces(files, parts), "")
        {
            SnapVideo = parts,
            OpenPacked = files.OpenPacked,
            HashOf = () => HashOf([text, first, .. second is null ? (IEnumerable<SafetensorsSource>)[] : [second]]),
        });
    }

    private static UnigramTokenizer ReadPieces(ModelFiles files, SnapVideoParts parts)
    {
        const string file = "tokenizer/spiece.model";
        if (!files.Exists(file))
            throw WeightException.In(files.DisplayName, $"{file} is missing: not a complete model folder.");
        UnigramTokenizer pieces = UnigramTokenizer.FromModel(
            files.Read(file), files.NameOf(file), parts.Sampler.TextLength, parts.Text.EosTokenId, parts.Text.PadTokenId);
        new ConfigCheck(files.NameOf("text_encoder/config.json")).That(pieces.VocabularySize <= parts.Text.VocabSize,
            "vocab_size", $"is {parts.Text.VocabSize}, but the tokenizer has {pieces.VocabularySize} tokens");
        return pieces;
    }

    private static string HashOf(IEnumerable<SafetensorsSource> sources)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (SafetensorsFile file in sources.SelectMany(s => s.Files))
            file.CopyTo(sha.AppendData);
        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }
}
