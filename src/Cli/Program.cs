using Hummingbird.Vulkan.Cli;

return CommandLine.Run(args, Terminal.OfProcess());
