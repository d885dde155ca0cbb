package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"github.com/aside-cli/aside/inject"
	"github.com/aside-cli/aside/sources"
)

func (l *layers) registerSDK(flags *pflag.FlagSet) {
	flags.StringVar(&l.sdk, "sdk", "", "add the variables that SST's SDK reads: sst (v3 and v4) or sst-v2")
}

func checkSDK(name string) error {
	if name == "" || name == "sst" || name == "sst-v2" {
		return nil
	}
	return sources.Hint(usagef("--sdk does not take %q", name), "it takes sst (v3 and v4) or sst-v2")
}

// withSDK adds the variables in which SST's SDK looks for the app and its
// secrets. They hold what the command gets in the secrets' own variables,
// whatever layer that comes from.
func (p *project) withSDK(env *inject.Environment, l layers) (*inject.Environment, error) {
	if l.sdk == "" {
		return env, nil
	}
	secrets, err := p.sdkSecrets(env, l)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		if l.sdk == "sst" && !utf8.ValidString(secrets[name].Secret.Reveal()) {
			return nil, sources.Hint(fmt.Errorf("--sdk sst: JSON cannot hold %s: it is no UTF-8", name),
				"encode it, with base64 for example, or leave it out: --except "+name)
		}
	}
	switch {
	case l.sdk == "sst-v2":
		return env.With(p.sdkV2(env, secrets)...), nil
	case runtime.GOOS == "windows":
		return env.With(inOne(p.sdkV3(secrets))), nil
	}
	return env.With(p.sdkV3(secrets)...), nil
}

// sdkSecrets returns the secrets that the command gets, by the names that they
// are kept or declared under.
func (p *project) sdkSecrets(env *inject.Environment, l layers) (map[string]inject.Variable, error) {
	selected, err := p.selection(l)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, s := range p.config.Secrets {
		if variable := s.Value.Variable(s.Key.Value); selected(s.Key.Value, variable) {
			names[s.Key.Value] = variable
		}
	}
	maps.Copy(names, p.given.names())
	secrets := map[string]inject.Variable{}
	for name, variable := range names {
		if v, ok := env.Variable(variable); ok {
			secrets[name] = v
		}
	}
	return secrets, nil
}

// resourcePrefix begins the variables of SST v3 and v4.
const resourcePrefix = "SST_RESOURCE_"

// sdkV3 returns a variable for each resource, which holds its properties. A
// secret called App gives way to the app.
func (p *project) sdkV3(secrets map[string]inject.Variable) []inject.Variable {
	vars := []inject.Variable{sdkVariable(resourcePrefix+"App", asJSON(struct {
		Name  string `json:"name"`
		Stage string `json:"stage"`
	}{p.name, p.stage}))}
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		if name == "App" {
			continue
		}
		vars = append(vars, sdkVariable(resourcePrefix+name, asJSON(struct {
			Value string `json:"value"`
			Type  string `json:"type"`
		}{secrets[name].Secret.Reveal(), "sst.sst.Secret"}), secrets[name]))
	}
	return vars
}

// inOne makes one variable of all resources, for Windows, where the names of
// variables have no case.
func inOne(resources []inject.Variable) inject.Variable {
	all := map[string]json.RawMessage{}
	var repeats []string
	for _, v := range resources {
		all[strings.TrimPrefix(v.Name, resourcePrefix)] = json.RawMessage(v.Secret.Reveal())
		repeats = append(repeats, v.Repeats...)
	}
	one := sdkVariable("SST_RESOURCES_JSON", asJSON(all))
	one.Repeats = repeats
	return one
}

// sdkV2 returns a variable for each property of SST v2: those of secrets, and of
// what is a parameter in its store or in aside.yaml.
func (p *project) sdkV2(env *inject.Environment, secrets map[string]inject.Variable) []inject.Variable {
	vars := []inject.Variable{
		sdkVariable("SST_APP", sources.NewSecret(p.name)),
		sdkVariable("SST_STAGE", sources.NewSecret(p.stage)),
	}
	known := map[string]bool{}
	for name, v := range secrets {
		known[v.Name] = true
		vars = append(vars, sdkVariable("SST_Secret_value_"+name, v.Secret, v))
	}
	for _, name := range env.Names() {
		v, _ := env.Variable(name)
		if all := definitions(v); !known[name] && all[len(all)-1].Layer == sources.Parameter {
			vars = append(vars, sdkVariable("SST_Parameter_value_"+name, v.Secret, v))
		}
	}
	return vars
}

// sdkVariable returns a variable that repeats another, if one is given. It comes
// from where that does, the environment aside: what is set there was set there by
// somebody else.
func sdkVariable(name string, value sources.Secret, repeated ...inject.Variable) inject.Variable {
	made := inject.Variable{Name: name, Secret: value, Origin: sources.Origin{Layer: sources.Parameter, Source: "--sdk"}}
	for _, v := range repeated {
		made.Repeats = append(made.Repeats, v.Name)
		for _, origin := range slices.Backward(definitions(v)) {
			if origin.Layer != sources.Env {
				made.Origin = origin
			}
		}
	}
	return made
}

// definitions returns where a variable is defined, highest first.
func definitions(v inject.Variable) []sources.Origin {
	all := []sources.Origin{v.Origin}
	for _, s := range v.Shadowed {
		all = append(all, s.Origin)
	}
	return all
}

// asJSON returns v, which holds nothing but strings, as compact JSON.
func asJSON(v any) sources.Secret {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.Encode(v) // cannot fail
	return sources.NewSecret(strings.TrimSuffix(text.String(), "\n"))
}
