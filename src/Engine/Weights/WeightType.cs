namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>Element types a weights file may store; names are those of the safetensors format.</summary>
public enum WeightType
{
    F16, BF16, F32, F64, I8, I16, I32, I64, U8, U16, U32, U64, Bool,
}

public static class WeightTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int SizeInBytes(this WeightType type) => type switch
    {
        WeightType.I8 or WeightType.U8 or WeightType.Bool => 1,
        WeightType.F16 or WeightType.BF16 or WeightType.I16 or WeightType.U16 => 2,
        WeightType.F32 or WeightType.I32 or WeightType.U32 => 4,
        WeightType.F64 or WeightType.I64 or WeightType.U64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Unknown weight type."),
    };

    /// <summary>The exact text the safetensors header uses.</summary>
    public static string HeaderName(this WeightType type) => type == WeightType.Bool ? "BOOL" : type.ToString();

    // A switch, not Enum.Parse: that would take "3" and "F16,BF16" as well.
    internal static WeightType? FromHeader(string name) => name switch
    {
        "F16" => WeightType.F16,
        "BF16" => WeightType.BF16,
        "F32" => WeightType.F32,
        "F64" => WeightType.F64,
        "I8" => WeightType.I8,
        "I16" => WeightType.I16,
        "I32" => WeightType.I32,
        "I64" => WeightType.I64,
        "U8" => WeightType.U8,
        "U16" => WeightType.U16,
        "U32" => WeightType.U32,
        "U64" => WeightType.U64,
        "BOOL" => WeightType.Bool,
        _ => null,
    };
}
