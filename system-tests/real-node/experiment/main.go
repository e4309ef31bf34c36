// A small Litmus experiment: it writes its ChaosResult, launches a helper pod that carries the fault, and ends
// in the way that its environment says.
//
//	SECONDS=n    how long the fault lasts; 1
//	HELPER=yes   the fault is in a helper pod, which bears this pod's labels and has no owner
//	END=pass     the helper goes, the verdict is Pass, exit code 0 (the default)
//	END=error    exit code 1, the helper stays and the result is never completed
//	END=memory   memory is taken until the kernel kills the container, and the rest as with error
//	END=leave    as pass, but the helper stays
//
// On SIGTERM the verdict is Stopped, the exit code 1, and the helper is left to whoever sent the signal.
// `experiment helper` is what runs in the helper pod, `experiment pause` what holds a pod's network: both only wait.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

const account = "/var/run/secrets/kubernetes.io/serviceaccount/"

type object = map[string]any

func main() {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	if len(os.Args) > 1 && (os.Args[1] == "helper" || os.Args[1] == "pause") {
		<-stop
		return
	}
	api := connect()
	pod, err := api.call("GET", api.core("pods", os.Getenv("POD_NAME")), nil)
	check(err)
	labels := pod["metadata"].(object)["labels"].(object)
	labels["chaosUID"] = os.Getenv("CHAOS_UID")
	api.write(labels, "Running", "Awaited")
	helper := ""
	if os.Getenv("HELPER") == "yes" {
		helper = api.launch(pod, labels)
		fmt.Println("helper runs:", helper)
	}
	seconds, err := strconv.ParseFloat(os.Getenv("SECONDS"), 64)
	if err != nil {
		seconds = 1
	}
	select {
	case <-stop:
		api.write(labels, "Stopped", "Stopped")
		os.Exit(1)
	case <-time.After(time.Duration(seconds * float64(time.Second))):
	}
	switch os.Getenv("END") {
	case "error":
		os.Exit(1)
	case "memory":
		takeMemory()
	}
	if helper != "" && os.Getenv("END") != "leave" {
		api.remove(helper)
	}
	api.write(labels, "Completed", "Pass")
}

// takeMemory never returns where the container has a memory limit.
func takeMemory() {
	var taken [][]byte
	for {
		block := make([]byte, 1<<20)
		for i := 0; i < len(block); i += 4096 {
			block[i] = 1
		}
		taken = append(taken, block)
	}
}

type server struct {
	client    *http.Client
	url       string
	token     string
	namespace string
}

func connect() server {
	pem, err := os.ReadFile(account + "ca.crt")
	check(err)
	token, err := os.ReadFile(account + "token")
	check(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return server{
		client: &http.Client{
			// A node that ten pods start on at once is slow.
			Timeout:   5 * time.Minute,
			Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}},
		},
		url: "https://" + net.JoinHostPort(
			os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT")),
		token:     string(token),
		namespace: os.Getenv("CHAOS_NAMESPACE"),
	}
}

func (api server) core(plural, name string) string {
	return "/api/v1/namespaces/" + api.namespace + "/" + plural + "/" + name
}

// call answers with nothing where there is no such object.
func (api server) call(method, path string, body object) (object, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	if body == nil {
		text = nil
	}
	request, err := http.NewRequest(method, api.url+path, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+api.token)
	request.Header.Set("Content-Type", "application/json")
	response, err := api.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode == http.StatusNotFound {
		return nil, nil
	}
	if response.StatusCode >= 300 {
		return nil, fmt.Errorf("%s %s: %s: %s", method, path, response.Status, answer)
	}
	var decoded object
	return decoded, json.Unmarshal(answer, &decoded)
}

// write stores the ChaosResult under the name and with the labels that Litmus' experiments give it.
func (api server) write(labels object, phase, verdict string) {
	engine, experiment, instance := os.Getenv("CHAOSENGINE"), os.Getenv("EXPERIMENT_NAME"), os.Getenv("INSTANCE_ID")
	name := engine + "-" + experiment
	if instance != "" {
		name += "-" + instance
	}
	all := "/apis/litmuschaos.io/v1alpha1/namespaces/" + api.namespace + "/chaosresults"
	result, err := api.call("GET", all+"/"+name, nil)
	check(err)
	method, path := "PUT", all+"/"+name
	if result == nil {
		method, path = "POST", all
		result = object{"metadata": object{"name": name, "namespace": api.namespace}}
	}
	success := map[string]string{"Awaited": "Awaited", "Pass": "100"}[verdict]
	if success == "" {
		success = "0"
	}
	result["apiVersion"], result["kind"] = "litmuschaos.io/v1alpha1", "ChaosResult"
	result["metadata"].(object)["labels"] = labels
	result["spec"] = object{"engine": engine, "experiment": experiment, "instance": instance}
	result["status"] = object{"experimentStatus": object{
		"phase": phase, "verdict": verdict, "probeSuccessPercentage": success}}
	_, err = api.call(method, path, result)
	check(err)
}

// launch creates the helper pod and returns its name when it runs.
func (api server) launch(pod, labels object) string {
	copied := object{}
	for label, value := range labels {
		switch label {
		case "job-name", "controller-uid", "batch.kubernetes.io/job-name", "batch.kubernetes.io/controller-uid":
		default:
			copied[label] = value
		}
	}
	own := pod["spec"].(object)["containers"].([]any)[0].(object)
	helper, err := api.call("POST", api.core("pods", ""), object{
		"apiVersion": "v1", "kind": "Pod",
		"metadata": object{"generateName": os.Getenv("EXPERIMENT_NAME") + "-helper-", "labels": copied},
		"spec": object{
			"restartPolicy":                "Never",
			"automountServiceAccountToken": false,
			"containers": []object{{
				"name": "helper", "image": own["image"], "imagePullPolicy": "IfNotPresent", "args": []string{"helper"}}},
		},
	})
	check(err)
	name := helper["metadata"].(object)["name"].(string)
	for {
		helper, err = api.call("GET", api.core("pods", name), nil)
		check(err)
		if helper == nil {
			check(fmt.Errorf("helper %s is gone", name))
		}
		if status, ok := helper["status"].(object); ok && status["phase"] == "Running" {
			return name
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// remove returns when the helper pod is gone, as Litmus' experiments do.
func (api server) remove(helper string) {
	for method := "DELETE"; ; method = "GET" {
		left, err := api.call(method, api.core("pods", helper), nil)
		check(err)
		if left == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "experiment:", err)
		os.Exit(2)
	}
}
