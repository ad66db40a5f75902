namespace Hummingbird.Vulkan.Engine.Interop;

/// <summary>Looks functions up by name.</summary>
/// <param name="find">Name to address, 0 where there is none.</param>
/// <param name="owner">Who is asked, for messages.</param>
internal sealed class FunctionSource(Func<string, nint> find, string owner)
{
    public nint Find(string name) => find(name);

    public nint Require(string name) => find(name) is not 0 and nint address
        ? address
        : throw new VulkanUnavailableException($"{owner} has no {name}. Vulkan 1.2 is needed: update the graphics driver or the Vulkan loader.");
}
