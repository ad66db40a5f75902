namespace Hummingbird.Vulkan.Kernels;

/// <summary>The type in which a tensor's elements are stored. Arithmetic and statistics are fp32 whatever the storage.</summary>
public enum DType
{
    /// <summary>No tensor: an optional operand that is absent.</summary>
    None,
    F32,
    F16,
    I32,
    U8,
}

public static class DTypes
{
    /// <summary>Bytes per element.</summary>
    public static int Size(this DType type) => type switch
    {
        DType.F32 or DType.I32 => 4,
        DType.F16 => 2,
        DType.U8 => 1,
        _ => 0,
    };

    /// <summary>The name used in case ids, shader variants and messages: f32, f16, i32, u8.</summary>
    public static string Name(this DType type) => type switch
    {
        DType.F32 => "f32",
        DType.F16 => "f16",
        DType.I32 => "i32",
        DType.U8 => "u8",
        _ => "none",
    };
}
