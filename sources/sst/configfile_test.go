package sst

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func config(body string) string {
	return "/// <reference path=\"./.sst/platform/config.d.ts\" />\n\nexport default $config({\n  app(input) {\n" + body +
		"\n  },\n  async run() {\n    new sst.aws.Bucket(`b-${$app.stage}`);\n  },\n});\n"
}

func TestFromConfigFile(t *testing.T) {
	const none = "none"
	for name, test := range map[string]struct{ text, want string }{
		"as sst init writes it": {config(`    return {
      name: "my-app",
      removal: input?.stage === "production" ? "retain" : "remove",
      protect: ["production"].includes(input?.stage),
      home: "aws",
    };`), "my-app aws"},
		"local":            {config(`return { name: 'a', home: 'local' }`), "a local"},
		"another home":     {config(`return { home: "cloudflare", name: "A1-b" };`), "A1-b cloudflare"},
		"quoted keys":      {config(`return { "name": "a", 'home': "aws" }`), "a aws"},
		"no blanks":        {`export default $config({app(){return{name:"a",home:"aws"}}})`, "a aws"},
		"byte order mark":  {"\ufeff" + config(`return { name: "a", home: "aws" }`), "a aws"},
		"CRLF":             {strings.ReplaceAll(config("// x\nreturn { name: \"a\", // y\n home: \"aws\" }"), "\n", "\r\n"), "a aws"},
		"comments":         {config(`/* return { name: "x" } */ return { // name: "y",` + "\n" + `name: /* "z" */ "a" /**/, home: "aws" }`), "a aws"},
		"async":            {strings.Replace(config(`return { name: "a", home: "aws" }`), "app(", "async app(", 1), "a aws"},
		"run comes first":  {`$config({ async run() { const app = { name: "x" }; return { name: "y", home: "z" } }, app(_) { return { name: "a", home: "aws" } } })`, "a aws"},
		"nested":           {config(`return { providers: { aws: { name: "x", home: ["y"] } }, name: "a", home: "aws" }`), "a aws"},
		"template before":  {"const x = `${`}${\"`\"}` + `$config({ app() { return { name: \"x\", home: \"y\" } } })`}`;" + config(`return { name: "a", home: "aws" }`), "a aws"},
		"braces in ${}":    {"const x = `${{ a: { b: 1 } }.a.b}`;" + config(`return { name: "a", home: "aws" }`), "a aws"},
		"string before":    {`const x = "$config({ app() { return { name: 'x', home: 'y' } } })", y = '\'';` + config(`return { name: "a", home: "aws" }`), "a aws"},
		"regexp before":    {`const x = /["'` + "`" + `/*\/]/g, y = 4 / 2 / 1;` + config(`return { name: "a", home: "aws" }`), "a aws"},
		"regexp in member": {config(`return { protect: /production|"/.test(input.stage), name: "a", home: "aws" }`), "a aws"},
		"shorthand":        {config(`return { providers, name: "a", home: "aws" }`), "a aws"},
		"declared before":  {`declare function $config(input: { app(): { name: "x" } }): void;` + config(`return { name: "a", home: "aws" }`), "a aws"},
		"the last counts":  {config(`return { name: "x", name: "a", home: "aws" }`), "a aws"},
		"parameters":       {strings.Replace(config(`return { name: "a", home: "aws" }`), "app(input)", `app({ stage = "x" }: { stage: string })`, 1), "a aws"},

		"template":          {config("return { name: `my-app`, home: \"aws\" }"), none},
		"computed template": {config("return { name: `my-${x}`, home: \"aws\" }"), none},
		"expression":        {config(`return { name: "a" + x, home: "aws" }`), none},
		"cast":              {config(`return { name: "a", home: "aws" as const }`), none},
		"variable":          {config(`return { name: appName, home: "aws" }`), none},
		"shorthand name":    {config(`return { name, home: "aws" }`), none},
		"shorthand home":    {config(`return { name: "a", home }`), none},
		"method":            {config(`return { name() { return "b" }, home: "aws" }`), none},
		"getter":            {config(`return { name: "a", home: "aws", get name() { return "b" } }`), none},
		"spread":            {config(`return { name: "a", home: "aws", ...common }`), none},
		"computed key":      {config(`return { name: "a", home: "aws", ["na" + "me"]: "b" }`), none},
		"escape":            {config(`return { name: "a\x62", home: "aws" }`), none},
		"escaped key":       {config(`return { name: "a", home: "aws", n\u0061me: "b" }`), none},
		"no home":           {config(`return { name: "a" }`), none},
		"no name":           {config(`return { home: "aws" }`), none},
		"no app's name":     {config(`return { name: "../a", home: "aws" }`), none},
		"a statement first": {config(`const x = 1; return { name: "a", home: "aws" }`), none},
		"two returns":       {config(`if (input) return { name: "x", home: "aws" }; return { name: "a", home: "aws" }`), none},
		"something after":   {config(`return { name: "a", home: "aws" }.x`), none},
		"conditional":       {config(`return { name: "a", home: "aws" } && other`), none},
		"arrow":             {`export default $config({ app: (input) => ({ name: "a", home: "aws" }) })`, none},
		"v2":                {`export default { config() { return { name: "a", region: "x" } }, stacks(app) { return { name: "a", home: "aws" } } }`, none},
		"nested app":        {`$config({ async run() { return { app() { return { name: "a", home: "aws" } } } } })`, none},
		"all a comment":     {"/*" + config(`return { name: "a", home: "aws" }`) + "*/", none},
		"open comment":      {config(`return { name: "a", /* home: "aws" }`), none},
		"open string":       {config("return { name: \"a\nhome: \"aws\" }"), none},
		"open template":     {"`" + config(`return { name: "a", home: "aws" }`), none},
		"cut short":         {config(`return { name: "a", home: "aws" }`)[:130], none},
		"too large":         {config(`return { name: "a", home: "aws" }`) + strings.Repeat("\n", maxConfigFile), none},
		"empty":             {"", none},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "sst.config.ts")
			if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			app, home, ok := FromConfigFile(path)
			got := app + " " + home
			if !ok {
				got = none
				equal(t, "what is not ok", app+home, "")
			}
			equal(t, "got", got, test.want)
		})
	}
	if _, _, ok := FromConfigFile(filepath.Join(t.TempDir(), "sst.config.ts")); ok {
		t.Error("a file that does not exist is ok")
	}
	if _, _, ok := FromConfigFile(t.TempDir()); ok {
		t.Error("a folder is ok")
	}
}

func FuzzParseConfig(f *testing.F) {
	for _, body := range []string{
		`return { name: "my-app", home: "aws", protect: ["x"].includes(input?.stage), };`,
		"return { name: `a${`b${{}}`}`, re: /[/]\\//, home: 'local' }",
		`/* x */ return { ...y, [z]: 1, get w() {} }`,
	} {
		f.Add(config(body))
	}
	f.Fuzz(func(t *testing.T, text string) {
		name, home, ok := parseConfig(text)
		switch {
		case !ok && name+home != "":
			t.Error("not ok, but a result")
		case ok && (!isApp(name) || home == ""):
			t.Errorf("ok, but %q, %q", name, home)
		case ok && (!strings.Contains(text, name) || !strings.Contains(text, home)):
			t.Errorf("%q and %q are not in the text", name, home)
		}
		if commented, _, ok := parseConfig("/*" + strings.ReplaceAll(text, "*/", "") + "*/"); ok {
			t.Errorf("%q out of a comment", commented)
		}
	})
}
