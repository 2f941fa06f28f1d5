"""The official Python client against the API server that $KUBECONFIG names."""

import time
import unittest

from kubernetes import client, config, watch
from kubernetes.client.rest import ApiException

NAMESPACE = "default"


def config_map(name, data=None, labels=None):
    return client.V1ConfigMap(metadata=client.V1ObjectMeta(name=name, labels=labels), data=data)


class Core(unittest.TestCase):
    def setUp(self):
        self.api = client.CoreV1Api()

    def tearDown(self):
        self.api.delete_collection_namespaced_config_map(NAMESPACE, label_selector="test")

    def test_creates_reads_changes_and_deletes(self):
        made = self.api.create_namespaced_config_map(
            NAMESPACE, config_map("one", {"a": "1"}, {"test": "crud"}))
        self.assertEqual(made.data, {"a": "1"})
        self.assertTrue(made.metadata.uid)

        patched = self.api.patch_namespaced_config_map("one", NAMESPACE, {"data": {"b": "2"}})
        self.assertEqual(patched.data, {"a": "1", "b": "2"})
        removed = self.api.patch_namespaced_config_map(
            "one", NAMESPACE, [{"op": "remove", "path": "/data/a"}])
        self.assertEqual(removed.data, {"b": "2"})

        # The one that was read first has become old.
        made.data = {"c": "3"}
        with self.assertRaises(ApiException) as conflict:
            self.api.replace_namespaced_config_map("one", NAMESPACE, made)
        self.assertEqual(conflict.exception.status, 409)
        removed.data = {"c": "3"}
        self.assertEqual(
            self.api.replace_namespaced_config_map("one", NAMESPACE, removed).data, {"c": "3"})

        status = self.api.delete_namespaced_config_map("one", NAMESPACE)
        self.assertEqual(status.status, "Success")
        with self.assertRaises(ApiException) as missing:
            self.api.read_namespaced_config_map("one", NAMESPACE)
        self.assertEqual(missing.exception.status, 404)

    def test_lists_in_pages(self):
        names = [f"page-{i:02}" for i in range(23)]
        for name in names:
            self.api.create_namespaced_config_map(
                NAMESPACE, config_map(name, labels={"test": "pages"}))
        found, token, sizes = [], None, []
        while True:
            page = self.api.list_namespaced_config_map(
                NAMESPACE, label_selector="test=pages", limit=10, _continue=token)
            sizes.append(len(page.items))
            found += [item.metadata.name for item in page.items]
            token = page.metadata._continue
            if not token:
                break
        self.assertEqual(sizes, [10, 10, 3])
        self.assertEqual(found, names)

    def test_watches_from_a_list(self):
        listed = self.api.list_namespaced_config_map(NAMESPACE)
        self.api.create_namespaced_config_map(
            NAMESPACE, config_map("seen", {"n": "0"}, {"test": "watch"}))
        self.api.patch_namespaced_config_map("seen", NAMESPACE, {"data": {"n": "1"}})
        self.api.delete_namespaced_config_map("seen", NAMESPACE)
        events = []
        watcher = watch.Watch()
        for event in watcher.stream(self.api.list_namespaced_config_map, NAMESPACE,
                                    resource_version=listed.metadata.resource_version,
                                    label_selector="test=watch", timeout_seconds=20):
            events.append((event["type"], event["object"].data["n"]))
            if event["type"] == "DELETED":
                watcher.stop()
        self.assertEqual(events, [("ADDED", "0"), ("MODIFIED", "1"), ("DELETED", "1")])

    def test_is_told_what_is_wrong(self):
        with self.assertRaises(ApiException) as invalid:
            self.api.create_namespaced_pod(NAMESPACE, client.V1Pod(
                metadata=client.V1ObjectMeta(name="Bad_Name"),
                spec=client.V1PodSpec(containers=[client.V1Container(name="web", image="web")])))
        self.assertEqual(invalid.exception.status, 422)
        self.assertIn("metadata.name", invalid.exception.body)

    def test_runs_a_deployment_through_its_subresources(self):
        apps = client.AppsV1Api()
        labels = {"app": "python"}
        apps.create_namespaced_deployment(NAMESPACE, client.V1Deployment(
            metadata=client.V1ObjectMeta(name="python"),
            spec=client.V1DeploymentSpec(
                selector=client.V1LabelSelector(match_labels=labels),
                template=client.V1PodTemplateSpec(
                    metadata=client.V1ObjectMeta(labels=labels),
                    spec=client.V1PodSpec(
                        containers=[client.V1Container(name="web", image="web:1")])))))
        scale = apps.read_namespaced_deployment_scale("python", NAMESPACE)
        self.assertEqual(scale.spec.replicas, 1)
        scale.spec.replicas = 4
        self.assertEqual(
            apps.replace_namespaced_deployment_scale("python", NAMESPACE, scale).spec.replicas, 4)
        patched = apps.patch_namespaced_deployment_status(
            "python", NAMESPACE, {"status": {"replicas": 4, "observedGeneration": 2}})
        self.assertEqual((patched.spec.replicas, patched.status.replicas), (4, 4))
        apps.delete_namespaced_deployment("python", NAMESPACE, propagation_policy="Background")

    def test_reads_what_the_server_says_of_itself(self):
        self.assertEqual(client.VersionApi().get_code().minor, "36")
        self.assertIn("apps", [group.name for group in client.ApisApi().get_api_versions().groups])
        self.assertEqual([node.metadata.name for node in self.api.list_node().items], ["alpha"])


class Custom(unittest.TestCase):
    GROUP, PLURAL = "python.example.com", "boats"

    def setUp(self):
        self.definitions = client.ApiextensionsV1Api()
        self.api = client.CustomObjectsApi()
        schema = {
            "type": "object",
            "properties": {
                "spec": {"type": "object",
                         "properties": {"crew": {"type": "integer", "default": 2, "minimum": 1}}},
                "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}}
        self.definitions.create_custom_resource_definition({
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{self.PLURAL}.{self.GROUP}"},
            "spec": {
                "group": self.GROUP,
                "scope": "Namespaced",
                "names": {"plural": self.PLURAL, "kind": "Boat"},
                "versions": [{"name": "v1", "served": True, "storage": True,
                              "subresources": {"status": {}},
                              "schema": {"openAPIV3Schema": schema}}]}})
        self.wait_for(self.established)

    def tearDown(self):
        self.definitions.delete_custom_resource_definition(f"{self.PLURAL}.{self.GROUP}")
        self.wait_for(self.gone)

    def wait_for(self, condition):
        deadline = time.monotonic() + 20
        while not condition():
            self.assertLess(time.monotonic(), deadline, condition.__name__)

    def established(self):
        definition = self.definitions.read_custom_resource_definition(
            f"{self.PLURAL}.{self.GROUP}")
        return any(each.type == "Established" and each.status == "True"
                   for each in definition.status.conditions or [])

    def gone(self):
        listed = self.definitions.list_custom_resource_definition(
            field_selector=f"metadata.name={self.PLURAL}.{self.GROUP}")
        return not listed.items

    def where(self):
        return self.GROUP, "v1", NAMESPACE, self.PLURAL

    def boat(self, name, **spec):
        return {"apiVersion": f"{self.GROUP}/v1", "kind": "Boat", "metadata": {"name": name},
                "spec": spec}

    def test_objects_live(self):
        made = self.api.create_namespaced_custom_object(*self.where(), self.boat("ada"))
        self.assertEqual(made["spec"], {"crew": 2})
        patched = self.api.patch_namespaced_custom_object(
            *self.where(), "ada", {"spec": {"crew": 5}})
        self.assertEqual(patched["spec"]["crew"], 5)
        self.assertEqual(patched["metadata"]["generation"], 2)
        status = self.api.patch_namespaced_custom_object_status(
            *self.where(), "ada", {"status": {"afloat": True}})
        self.assertEqual(status["status"], {"afloat": True})
        with self.assertRaises(ApiException) as invalid:
            self.api.patch_namespaced_custom_object(*self.where(), "ada", {"spec": {"crew": 0}})
        self.assertEqual(invalid.exception.status, 422)
        self.api.create_namespaced_custom_object(*self.where(), self.boat("eve", crew=3))
        listed = self.api.list_namespaced_custom_object(*self.where())
        self.assertEqual([(item["metadata"]["name"], item["spec"]["crew"])
                          for item in listed["items"]], [("ada", 5), ("eve", 3)])
        self.assertEqual(listed["kind"], "BoatList")
        self.api.delete_namespaced_custom_object(*self.where(), "ada")
        with self.assertRaises(ApiException) as missing:
            self.api.get_namespaced_custom_object(*self.where(), "ada")
        self.assertEqual(missing.exception.status, 404)

    def test_objects_are_watched(self):
        version = self.api.list_namespaced_custom_object(
            *self.where())["metadata"]["resourceVersion"]
        self.api.create_namespaced_custom_object(*self.where(), self.boat("ada"))
        self.api.delete_namespaced_custom_object(*self.where(), "ada")
        watcher, events = watch.Watch(), []
        for event in watcher.stream(self.api.list_namespaced_custom_object, *self.where(),
                                    resource_version=version, timeout_seconds=20):
            events.append(event["type"])
            if event["type"] == "DELETED":
                watcher.stop()
        self.assertEqual(events, ["ADDED", "DELETED"])


if __name__ == "__main__":
    config.load_kube_config()
    unittest.main()
