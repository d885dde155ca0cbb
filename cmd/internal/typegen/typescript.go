package typegen

import (
	"fmt"
	"slices"
	"strings"
)

// writeTypeScript writes declarations that add to those of others: to Node's
// process.env, and to Resource of SST's SDK. The latter must be an augmentation,
// from within a module, since it would replace the SDK's own types otherwise.
func writeTypeScript(w *strings.Builder, vars []Variable, o Options) error {
	fmt.Fprintf(w, "// %s\n\n/* eslint-disable */\n\n", header)
	if !o.SST {
		w.WriteString("declare namespace NodeJS {\n")
		writeProcessEnv(w, "  ", vars)
		w.WriteString("}\n")
		return nil
	}
	w.WriteString("import \"sst\";\n\ndeclare global {\n  namespace NodeJS {\n")
	writeProcessEnv(w, "    ", vars)
	w.WriteString("  }\n}\n\ndeclare module \"sst\" {\n  export interface Resource {\n")
	secrets := slices.DeleteFunc(slices.Clone(vars), func(v Variable) bool { return v.Secret == "" })
	slices.SortFunc(secrets, func(a, b Variable) int { return strings.Compare(a.Secret, b.Secret) })
	for _, v := range secrets {
		writeJSDoc(w, "    ", v)
		fmt.Fprintf(w, "    %s: {\n      type: \"sst.sst.Secret\";\n      value: string;\n    };\n", v.Secret)
	}
	w.WriteString("  }\n}\n")
	return nil
}

// declaredByOthers are variables that @types/node and Next.js declare. Two
// declarations of one property must agree to the letter.
var declaredByOthers = [...]string{"NODE_ENV", "TZ"}

func writeProcessEnv(w *strings.Builder, indent string, vars []Variable) {
	fmt.Fprintf(w, "%sinterface ProcessEnv {\n", indent)
	for _, v := range vars {
		if slices.Contains(declaredByOthers[:], v.Name) {
			continue
		}
		writeJSDoc(w, indent+"  ", v)
		if v.Required {
			fmt.Fprintf(w, "%s  %s: string;\n", indent, v.Name)
		} else {
			fmt.Fprintf(w, "%s  %s?: string | undefined;\n", indent, v.Name)
		}
	}
	fmt.Fprintf(w, "%s}\n", indent)
}

func writeJSDoc(w *strings.Builder, indent string, v Variable) {
	if text := comment(v.Description); text != "" {
		fmt.Fprintf(w, "%s/** %s */\n", indent, text)
	}
}
