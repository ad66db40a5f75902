using Hummingbird.Vulkan.Engine.Generation;

namespace Hummingbird.Vulkan.Server.Jobs;

internal static class PhaseNames
{
    /// <summary>As in the events of <c>generate --json</c>.</summary>
    public static string Of(GenerationPhase phase) => phase switch
    {
        GenerationPhase.EncodePrompt => "encode_prompt",
        _ => phase.ToString().ToLowerInvariant(),
    };
}
