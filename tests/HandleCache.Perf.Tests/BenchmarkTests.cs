using System.Reflection;
using BenchmarkDotNet.Attributes;
using Xunit;

namespace HandleCache.Perf.Tests;

/// <summary>Benchmarks are measured seldom; so that none rots, each runs once here.</summary>
public sealed class BenchmarkTests
{
    public static TheoryData<Type, string> All()
    {
        TheoryData<Type, string> all = [];
        IEnumerable<Type> types = typeof(Benchmarks.Inodes.IgetHit).Assembly.GetTypes()
            .Where(t => !t.IsAbstract).OrderBy(t => t.FullName, StringComparer.Ordinal);
        foreach (Type type in types)
        {
            foreach (MethodInfo method in type.GetMethods().Where(Has<BenchmarkAttribute>))
                all.Add(type, method.Name);
        }

        return all;
    }

    [Theory]
    [MemberData(nameof(All), DisableDiscoveryEnumeration = true)]
    public void Every_benchmark_runs_at_its_smallest_size(Type type, string benchmark)
    {
        ArgumentNullException.ThrowIfNull(type);
        object instance = Activator.CreateInstance(type)!;
        foreach (PropertyInfo property in type.GetProperties())
        {
            if (property.GetCustomAttribute<ParamsAttribute>() is { } values)
                property.SetValue(instance, values.Values[0]);
            if (property.GetCustomAttribute<ParamsSourceAttribute>() is { } source)
                property.SetValue(instance, First(type, source.Name));
        }

        Call<GlobalSetupAttribute>(instance, setup => Concerns(setup.Targets, benchmark));
        Call<IterationSetupAttribute>(instance, _ => true);
        type.GetMethod(benchmark)!.Invoke(instance, []);
        Call<IterationCleanupAttribute>(instance, _ => true);
        Call<GlobalCleanupAttribute>(instance, _ => true);
    }

    [Fact]
    public void Every_class_has_one_baseline()
    {
        foreach (IGrouping<Type, (Type Type, string Name)> row in
            All().Select(r => (r.Data.Item1, r.Data.Item2)).GroupBy(r => r.Item1))
        {
            Assert.Single(row, r => r.Type.GetMethod(r.Name)!
                .GetCustomAttribute<BenchmarkAttribute>()!.Baseline);
        }
    }

    private static object First(Type type, string source)
    {
        const BindingFlags Anywhere =
            BindingFlags.Public | BindingFlags.Static | BindingFlags.FlattenHierarchy;
        return ((System.Collections.IEnumerable)type.GetProperty(source, Anywhere)!.GetValue(null)!)
            .Cast<object>().First();
    }

    private static bool Concerns(string[] targets, string benchmark) =>
        targets.Length == 0 || targets.Contains(benchmark);

    private static bool Has<TAttribute>(MethodInfo method)
        where TAttribute : Attribute => method.IsDefined(typeof(TAttribute));

    private static void Call<TAttribute>(object instance, Func<TAttribute, bool> concerned)
        where TAttribute : Attribute
    {
        foreach (MethodInfo method in instance.GetType().GetMethods())
        {
            if (method.GetCustomAttribute<TAttribute>() is { } found && concerned(found))
                method.Invoke(instance, []);
        }
    }
}
