package typegen

import (
	"fmt"
	"slices"
	"strings"
)

// pythonTypeOf returns the type of a variable, and the function that reads it.
func pythonTypeOf(v Variable) (name, function string) {
	switch v.Type {
	case "int", "port":
		return "int", "int"
	case "number":
		return "float", "float"
	case "bool":
		return "bool", "_bool"
	}
	return "str", "str"
}

// writePython writes a TypedDict and its loader for Python 3.8 and later. Keys
// of a dict may be names that Python keeps for itself, or that start with __.
func writePython(w *strings.Builder, vars []Variable, _ Options) error {
	fmt.Fprintf(w, "# %s\n\nimport os\nfrom typing import Any, Callable, Dict, Mapping, TypedDict, cast\n\n", header)
	for _, part := range []struct {
		name, end string
		required  bool
	}{{"_Required", ")", true}, {"_Optional", ", total=False)", false}} {
		fmt.Fprintf(w, "%s = TypedDict(%q, {\n", part.name, part.name)
		for _, v := range vars {
			if v.Required != part.required {
				continue
			}
			if text := comment(v.Description); text != "" {
				fmt.Fprintf(w, "    # %s\n", text)
			}
			name, _ := pythonTypeOf(v)
			fmt.Fprintf(w, "    %q: %s,\n", v.Name, name)
		}
		w.WriteString("}" + part.end + "\n\n")
	}
	w.WriteString(pythonClass)
	if slices.ContainsFunc(vars, func(v Variable) bool { return v.Type == "bool" }) {
		w.WriteString(pythonBool)
	}
	w.WriteString("\n_TYPES: Dict[str, Callable[[str], Any]] = {\n")
	for _, v := range vars {
		_, function := pythonTypeOf(v)
		fmt.Fprintf(w, "    %q: %s,\n", v.Name, function)
	}
	w.WriteString("}\n\n" + pythonLoad)
	return nil
}

const pythonClass = `
class Environment(_Required, _Optional):
    """The variables of the environment."""

`

const pythonBool = `
def _bool(text: str) -> bool:
    return {"true": True, "1": True, "false": False, "0": False}[text]

`

const pythonLoad = `
def load(environ: Mapping[str, str] = os.environ) -> Environment:
    """Return the variables, each of its type.

    The ValueError names all that are missing or not of their type, and no value.
    """
    faults = [name + " is not set" for name in _Required.__annotations__ if name not in environ]
    values: Dict[str, Any] = {}
    for name, read in _TYPES.items():
        if name not in environ:
            continue
        try:
            values[name] = read(environ[name])
        except (KeyError, ValueError):
            faults.append(name + " is not of its type")
    if faults:
        raise ValueError("; ".join(faults))
    return cast(Environment, values)
`
