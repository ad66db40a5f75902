namespace Hummingbird.Vulkan.Engine.Interop;

/// <summary>VkBool32: four bytes, 0 or 1.</summary>
internal readonly record struct Bool32(uint Value)
{
    public static implicit operator bool(Bool32 value) => value.Value != 0;

    public static implicit operator Bool32(bool value) => new(value ? 1u : 0u);
}
