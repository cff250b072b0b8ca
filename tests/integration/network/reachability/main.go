// Judges traffic by NetworkPolicies with the matcher of cyclonus, the tool that Kubernetes' SIG Network tested implementations with.
//
// Standard input: {"policies": [NetworkPolicy…], "traffic": [matcher.Traffic…]}; standard output: one boolean per traffic.
package main

import (
	"encoding/json"
	"log"
	"os"

	"github.com/mattfenwick/cyclonus/pkg/matcher"
	networking "k8s.io/api/networking/v1"
)

func main() {
	var question struct {
		Policies []*networking.NetworkPolicy
		Traffic  []*matcher.Traffic
	}
	if err := json.NewDecoder(os.Stdin).Decode(&question); err != nil {
		log.Fatal(err)
	}
	policies := matcher.BuildNetworkPolicies(false, question.Policies)
	allowed := make([]bool, len(question.Traffic))
	for index, traffic := range question.Traffic {
		allowed[index] = policies.IsTrafficAllowed(traffic).IsAllowed()
	}
	if err := json.NewEncoder(os.Stdout).Encode(allowed); err != nil {
		log.Fatal(err)
	}
}
