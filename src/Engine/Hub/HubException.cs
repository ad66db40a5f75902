namespace Hummingbird.Vulkan.Engine.Hub;

/// <summary>A repository that cannot be fetched, found or removed: says which, why, and what to do.</summary>
public sealed class HubException : Exception
{
    public HubException(string message)
        : base(message)
    {
    }

    public HubException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
