"""Which cluster is spoken to."""

import subprocess
import sys

MANY_AT_ONCE = """
import os, sys, threading
from idp_sandbox.plugins.kubernetes.connection import connect

KUBECONFIG = '''
current-context: a
contexts: [{name: a, context: {cluster: a, user: a}}]
clusters: [{name: a, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: a, user: {token: not-a-secret}}]
'''

def many_at_once():
    barrier = threading.Barrier(8)
    def one():
        barrier.wait()
        connect({"kubeconfig": KUBECONFIG})
    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os._exit(0)

sys.setswitchinterval(1e-6)
for _ in range(20):  # only the first use of a process is at stake
    child = os.fork() or many_at_once()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_process_whose_threads_connect_at_once_lives_on():
    done = subprocess.run([sys.executable, "-c", MANY_AT_ONCE], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0"] * 20
