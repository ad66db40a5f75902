using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters.Json;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

// Arguments are BenchmarkDotNet's own: --filter *Step*, --list flat, --artifacts FOLDER ...
// In process: a generated project would be built by the rules of this checkout, and measure nothing else.
IConfig config = ManualConfig.CreateEmpty()
    .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
    .AddDiagnoser(MemoryDiagnoser.Default)
    .AddColumnProvider(DefaultColumnProviders.Instance)
    .AddExporter(JsonExporter.Brief)
    .AddLogger(ConsoleLogger.Default);
string[] arguments = args.Length > 0 ? args : ["--filter", "*"];
return BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(arguments, config).All(s => s.HasCriticalValidationErrors || s.Reports.Any(r => !r.Success)) ? 1 : 0;
