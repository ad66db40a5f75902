using System.Collections.Immutable;
using System.Text;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Engine.Text;

/// <summary>What a piece is for; numbers as in the file.</summary>
internal enum PieceKind
{
    Normal = 1,

    /// <summary>Stands for what no piece covers.</summary>
    Unknown = 2,

    /// <summary>A mark such as the end of a text; no text becomes one.</summary>
    Control = 3,

    /// <summary>Always taken whole where it occurs.</summary>
    UserDefined = 4,

    /// <summary>In the vocabulary, but never produced.</summary>
    Unused = 5,

    /// <summary>A byte, for characters no piece covers.</summary>
    Byte = 6,
}

/// <summary>An entry of the vocabulary; its id is its place.</summary>
internal readonly record struct Piece(byte[] Utf8, float Score, PieceKind Kind)
{
    public string Text => Encoding.UTF8.GetString(Utf8);
}

/// <summary>How a text is cleaned before it is cut into pieces.</summary>
/// <param name="CharacterMap">Replacements of characters and sequences; empty for none.</param>
/// <param name="AddDummyPrefix">A blank stands before the text, so that its first word looks like any other.</param>
/// <param name="RemoveExtraWhitespaces">Blanks at both ends go, and of several in a row all but one.</param>
/// <param name="EscapeWhitespaces">Blanks are written as U+2581.</param>
/// <param name="WhitespaceIsSuffix">The added blank stands behind the text.</param>
internal sealed record NormalizerSettings(
    byte[] CharacterMap, bool AddDummyPrefix = true, bool RemoveExtraWhitespaces = true, bool EscapeWhitespaces = true, bool WhitespaceIsSuffix = false);

/// <summary>A SentencePiece vocabulary of the unigram kind: tokenizer/spiece.model.</summary>
/// <remarks>Fields of sentencepiece_model.proto: ModelProto 1 pieces (1 piece, 2 score, 3 type), 2 trainer_spec (3 model_type, 24
/// treat_whitespace_as_suffix, 35 byte_fallback), 3 normalizer_spec (2 precompiled_charsmap, 3 add_dummy_prefix, 4
/// remove_extra_whitespaces, 5 escape_whitespaces).</remarks>
internal sealed record SentencePieceModel(ImmutableArray<Piece> Pieces, NormalizerSettings Normalizer, bool HasByteFallback)
{
    private const int UnigramModel = 1, MostPieces = 1_000_000;

    public static SentencePieceModel Parse(ReadOnlySpan<byte> bytes, string file)
    {
        var pieces = ImmutableArray.CreateBuilder<Piece>();
        NormalizerSettings normalizer = new([]);
        bool hasByteFallback = false, isSuffix = false;
        ProtobufReader reader = new(bytes, file);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    pieces.Add(ReadPiece(reader.Bytes, file));
                    break;
                case 2:
                    (hasByteFallback, isSuffix) = ReadTrainer(reader.Bytes, file);
                    break;
                case 3:
                    normalizer = ReadNormalizer(reader.Bytes, file);
                    break;
            }
        }

        if (pieces.Count is 0 or > MostPieces || pieces.Count(p => p.Kind == PieceKind.Unknown) != 1)
            throw WeightException.In(file, $"is no SentencePiece model: it has {pieces.Count} pieces, of which {pieces.Count(p => p.Kind == PieceKind.Unknown)} stand for the unknown; expected one.");
        return new(pieces.ToImmutable(), normalizer with { WhitespaceIsSuffix = isSuffix }, hasByteFallback);
    }

    private static Piece ReadPiece(ReadOnlySpan<byte> message, string file)
    {
        Piece piece = new([], 0, PieceKind.Normal);
        ProtobufReader reader = new(message, file);
        while (reader.Next())
        {
            piece = reader.Field switch
            {
                1 => piece with { Utf8 = reader.Bytes.ToArray() },
                2 => piece with { Score = reader.Single },
                3 => piece with { Kind = (PieceKind)reader.Integer },
                _ => piece,
            };
        }

        bool isSound = piece.Utf8.Length > 0 && float.IsFinite(piece.Score) && Enum.IsDefined(piece.Kind);
        return isSound ? piece : throw WeightException.In(file, $"is no SentencePiece model: a piece is {Quote.Name(piece.Text)} with score {piece.Score} and type {(int)piece.Kind}.");
    }

    private static (bool HasByteFallback, bool IsSuffix) ReadTrainer(ReadOnlySpan<byte> message, string file)
    {
        bool hasByteFallback = false, isSuffix = false;
        long kind = UnigramModel;
        ProtobufReader reader = new(message, file);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 3:
                    kind = reader.Integer;
                    break;
                case 24:
                    isSuffix = reader.Boolean;
                    break;
                case 35:
                    hasByteFallback = reader.Boolean;
                    break;
            }
        }

        return kind == UnigramModel ? (hasByteFallback, isSuffix)
            : throw WeightException.In(file, $"holds a SentencePiece model of type {kind}; supported is 1, unigram.");
    }

    private static NormalizerSettings ReadNormalizer(ReadOnlySpan<byte> message, string file)
    {
        NormalizerSettings settings = new([]);
        ProtobufReader reader = new(message, file);
        while (reader.Next())
        {
            settings = reader.Field switch
            {
                2 => settings with { CharacterMap = reader.Bytes.ToArray() },
                3 => settings with { AddDummyPrefix = reader.Boolean },
                4 => settings with { RemoveExtraWhitespaces = reader.Boolean },
                5 => settings with { EscapeWhitespaces = reader.Boolean },
                _ => settings,
            };
        }

        return settings;
    }
}
