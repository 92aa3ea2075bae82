using System.Reflection;
using System.Text;

namespace HandleCache.Testing.Tests;

/// <summary>What an assembly shows to others, a line for each type and member, in order.</summary>
internal static class PublicSurface
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic
        | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static string Of(Assembly assembly)
    {
        StringBuilder text = new();
        foreach (Type type in assembly.GetExportedTypes()
            .OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(NameOf(type)).Append('\n');
            IEnumerable<string> members = type.GetMembers(Declared)
                .Where(IsShown).Select(Line).Order(StringComparer.Ordinal);
            foreach (string line in members)
                text.Append("  ").Append(line).Append('\n');
        }

        return text.ToString();
    }

    private static bool IsShown(MemberInfo member) => member switch
    {
        // Accessors are said with their property; operators and constructors are not special here.
        MethodInfo { IsSpecialName: true } method when !method.Name.StartsWith(
            "op_", StringComparison.Ordinal) => false,
        MethodBase method => IsShown(method),
        FieldInfo field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly,
        PropertyInfo property => property.GetAccessors(nonPublic: true).Any(IsShown),
        EventInfo => true,
        _ => false,
    };

    private static bool IsShown(MethodBase method) => !method.Name.Contains('<')
        && (method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly);

    private static string Line(MemberInfo member) => member switch
    {
        MethodInfo method =>
            $"{Fixed(method.IsStatic)}{NameOf(method.ReturnType)} {method.Name}({Of(method)})",
        ConstructorInfo made => $"new({Of(made)})",
        FieldInfo field when field.IsLiteral =>
            $"const {NameOf(field.FieldType)} {field.Name} = {field.GetRawConstantValue()}",
        FieldInfo field => $"{Fixed(field.IsStatic)}{NameOf(field.FieldType)} {field.Name}",
        PropertyInfo property => $"{NameOf(property.PropertyType)} {property.Name} {{"
            + (property.GetMethod is { } get && IsShown(get) ? " get;" : "")
            + (property.SetMethod is { } set && IsShown(set) ? " set;" : "") + " }",
        _ => $"{member.MemberType} {member.Name}",
    };

    private static string Fixed(bool isStatic) => isStatic ? "static " : "";

    private static string Of(MethodBase method) => string.Join(", ", method.GetParameters().Select(
        parameter => $"{NameOf(parameter.ParameterType)} {parameter.Name}"
            + (parameter.IsOptional ? " = ..." : "")));

    private static string NameOf(Type type)
    {
        if (type.IsByRef)
            return $"ref {NameOf(type.GetElementType()!)}";
        if (type.IsArray)
            return $"{NameOf(type.GetElementType()!)}[]";
        string name = type.IsGenericParameter ? type.Name : type.FullName ?? type.Name;
        int tick = name.IndexOf('`', StringComparison.Ordinal);
        if (tick < 0)
            return name;
        string arguments = string.Join(", ", type.GetGenericArguments().Select(NameOf));
        return $"{name[..tick]}<{arguments}>";
    }
}
