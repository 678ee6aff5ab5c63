"""Every method of the Python library consul, in an order that makes sense, and what each answered.

python_consul_api.py HOST:PORT prints a JSON list of [call, answer] with the ids, indexes, times and ports of the run made
the same, so that the answers of two programs can be compared.
"""
import base64
import json
import re
import sys
import threading
import time

import consul
from consul.base import CB, Check

HOST, PORT = sys.argv[1].split(':')
c = consul.Consul(host=HOST, port=int(PORT))
calls, ids = [], {}
UUID = re.compile(r'[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}')


def same(value, key=''):
    """Without what another run has otherwise."""
    if isinstance(value, dict):
        return {name: same(each, name) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [same(each) for each in value]
    if isinstance(value, bytes):
        return 'bytes ' + base64.b64encode(value).decode()
    if isinstance(value, bool) or value is None:
        return value
    if key.endswith('Index') or key in ('Elapsed', 'LTime', 'port', 'serf_wan_port', 'wan_join_port', 'Port') and \
            (not isinstance(value, int) or value > 30000):
        return '#'
    if isinstance(value, str):
        value = UUID.sub(lambda found: ids.setdefault(found[0], 'id%d' % (len(ids) + 1)), value)
        value = re.sub(r'127\.0\.0\.1:\d+', '127.0.0.1:#', value)
        return re.sub(r'(?<=index )\d+|\d+(\.\d+)?[mµ]s', '#', value)
    return value


def call(name, function, /, *args, pick=lambda answer: answer, **named):
    """The answer as it is; it is noted as `pick` shows it."""
    try:
        answer = function(*args, **named)
        noted = pick(answer)
    except Exception as error:
        answer, noted = None, [type(error).__name__, str(error)]
    calls.append([name, same(noted)])
    return answer


def data(answer):
    """Without its index, which is a number that is never 0."""
    index, found = answer
    return [int(index) > 0, found]


def by(field):
    return lambda answer: [int(answer[0]) > 0, sorted(answer[1], key=lambda each: str(each[field]))]


def settled(read, holds):
    """What is registered at an agent is in the catalog a moment later."""
    for _ in range(500):
        if holds(read()):
            return
        time.sleep(0.02)
    raise AssertionError('not in the catalog in time')


def chosen(value, *names):
    return {name: value.get(name) for name in names}


def kv():
    for key in ('a', 'app/b', 'app/c/d', 'app/c/e', 'grüße/é'):
        call('put ' + key, c.kv.put, key, 'value of ' + key.upper(), flags=len(key))
    call('put bytes', c.kv.put, 'bin', bytes(range(256)))
    call('put nothing', c.kv.put, 'empty', None)
    call('get', c.kv.get, 'app/b', pick=data)
    call('get bytes', c.kv.get, 'bin', pick=data)
    call('get nothing', c.kv.get, 'empty', pick=data)
    call('get none', c.kv.get, 'none', pick=data)
    call('get with other letters', c.kv.get, 'grüße/é', pick=data)
    for consistency in ('default', 'consistent', 'stale'):
        call('get ' + consistency, c.kv.get, 'a', consistency=consistency, pick=data)
    call('get of a datacenter', c.kv.get, 'a', dc='dc1', pick=data)
    call('get of no datacenter', c.kv.get, 'a', dc='dc9')
    call('recurse', c.kv.get, 'app/', recurse=True, pick=data)
    call('recurse none', c.kv.get, 'none/', recurse=True, pick=data)
    call('keys', c.kv.get, 'app/', keys=True, pick=data)
    call('keys to a separator', c.kv.get, 'app/', keys=True, separator='/', pick=data)
    index, found = c.kv.get('a')
    call('cas with another index', c.kv.put, 'a', 'x', cas=found['ModifyIndex'] + 1)
    call('cas', c.kv.put, 'a', 'x', cas=found['ModifyIndex'])
    call('cas of a key that is there', c.kv.put, 'a', 'y', cas=0)
    call('cas of a new key', c.kv.put, 'new', 'y', cas=0)
    call('delete with another index', c.kv.delete, 'a', cas=1)
    threading.Timer(0.2, lambda: consul.Consul(HOST, int(PORT)).kv.put('a', 'woken')).start()
    index, _ = c.kv.get('a')
    call('wait', c.kv.get, 'a', index=index, wait='10s', pick=data)
    index, _ = c.kv.get('a')
    call('wait in vain', c.kv.get, 'a', index=index, wait='50ms', pick=data)
    call('delete', c.kv.delete, 'a')
    call('delete recurse', c.kv.delete, 'app/', recurse=True)
    call('after', c.kv.get, '', keys=True, pick=data)
    call('delete all', c.kv.delete, '', recurse=True)


def sessions():
    plain = call('create', c.session.create)
    full = call('create with all', c.session.create, name='full', node='n1', checks=['serfHealth'], lock_delay=5,
                behavior='delete', ttl=60)
    call('create at no node', c.session.create, node='nowhere')
    call('create with no such check', c.session.create, checks=['nothing'])
    call('info', c.session.info, full, pick=data)
    call('info of none', c.session.info, '00000000-0000-0000-0000-000000000000', pick=data)
    call('list', c.session.list, pick=by('Name'))
    call('of a node', c.session.node, 'n1', consistency='stale', pick=by('Name'))
    call('renew', c.session.renew, full)
    call('renew none', c.session.renew, '00000000-0000-0000-0000-000000000000')
    call('acquire', c.kv.put, 'lock', 'held', acquire=full)
    call('acquire what is held', c.kv.put, 'lock', 'mine', acquire=plain)
    call('held', c.kv.get, 'lock', pick=data)
    call('release by another', c.kv.put, 'lock', 'x', release=plain)
    call('release', c.kv.put, 'lock', 'free', release=full)
    call('free', c.kv.get, 'lock', pick=data)
    call('acquire again', c.kv.put, 'lock', 'again', acquire=full)
    call('acquire with no session', c.kv.put, 'lock', 'x', acquire='00000000-0000-0000-0000-000000000000')
    call('destroy', c.session.destroy, full)
    call('gone with its session', c.kv.get, 'lock', pick=data)
    call('destroy the other', c.session.destroy, plain)


def agent():
    call('self', c.agent.self, pick=lambda found: [
        chosen(found['Config'], 'Datacenter', 'NodeName', 'Server'), chosen(found['Member'], 'Name', 'Addr', 'Status'),
        chosen(found['Member']['Tags'], 'dc', 'role', 'vsn', 'vsn_min', 'vsn_max', 'raft_vsn'), sorted(found['Meta'])])
    member = lambda found: [chosen(each, 'Name', 'Addr', 'Status', 'ProtocolMin', 'ProtocolMax', 'DelegateMax')
                            for each in found]
    call('members', c.agent.members, pick=member)
    call('members of the WAN', c.agent.members, wan=True, pick=member)
    service = c.agent.service
    call('register', service.register, 'plain')
    call('register with all', service.register, 'web', service_id='web-1', address='10.1.1.1', port=80,
         tags=['v1', 'a b'], check=Check.ttl('1h'), enable_tag_override=True)
    call('register with a HTTP check', service.register, 'http', port=81,
         check=Check.http('http://127.0.0.1:1/', '1h', timeout='1s', deregister='2h'))
    call('register with a TCP check', service.register, 'tcp', check=Check.tcp('127.0.0.1', 1, '1h', timeout='1s'))
    call('register with a script', service.register, 'script', check=Check.script('true', '1h'))
    call('register with an old check', service.register, 'old', ttl='1h')
    call('register without a name', service.register, '')
    shown = lambda found: {key: each for key, each in found.items() if key != 'consul'}
    call('services', c.agent.services, pick=shown)
    call('check', c.agent.check.register, 'disk', check=Check.ttl('1h'), check_id='d', notes='space')
    call('check of a service', c.agent.check.register, 'more', check=Check.ttl('1h'), service_id='web-1')
    call('check of no service', c.agent.check.register, 'more', check=Check.ttl('1h'), service_id='none')
    call('check that is none', c.agent.check.register, 'more', check={'interval': '1s'})
    for verb in ('ttl_pass', 'ttl_warn', 'ttl_fail'):
        call(verb, getattr(c.agent.check, verb), 'd', notes='n')
    # This version of the library asks for it with GET, which Consul has not taken since 1.0.
    for path in ('check/pass/d?note=fine', 'check/warn/service:web-1', 'check/fail/none', 'check/deregister/more'):
        call('PUT ' + path, c.http.put, lambda got: [got.code, got.body], '/v1/agent/' + path.split('?')[0],
             dict([path.split('?')[1].split('=')]) if '?' in path else None)
    stable = lambda found: {key: dict(each, Output='' if key in ('service:http', 'service:tcp') else each['Output'])
                            for key, each in found.items()}
    call('checks', c.agent.checks, pick=stable)
    call('maintenance', c.agent.maintenance, True, 'why not')
    call('maintenance of a service', service.maintenance, 'web-1', True, 'later')
    call('maintenance of none', service.maintenance, 'none', True)
    call('in maintenance', c.agent.checks, pick=lambda found: sorted(
        [key, each['Notes']] for key, each in found.items() if 'maintenance' in key))
    call('no maintenance', c.agent.maintenance, False)
    call('no maintenance of a service', service.maintenance, 'web-1', False)
    call('deregister', service.deregister, 'plain')
    call('check deregister', c.agent.check.deregister, 'd')
    call('join', c.agent.join, '127.0.0.1:1')
    call('force leave', c.agent.force_leave, 'nobody')
    settled(lambda: c.health.service('web')[1],
            lambda found: found and any(each['Status'] == 'warning' for each in found[0]['Checks']))


def catalog():
    call('register a node', c.catalog.register, 'ext', '10.9.0.1')
    call('register a service', c.catalog.register, 'ext', '10.9.0.1', service={
        'Service': 'db', 'ID': 'db1', 'Tags': ['pg', 'main'], 'Address': '10.9.0.9', 'Port': 5432})
    call('register a check', c.catalog.register, 'ext', '10.9.0.1', check={
        'Node': 'ext', 'CheckID': 'db1:up', 'Name': 'up', 'Notes': 'n', 'Status': 'passing', 'ServiceID': 'db1'})
    call('register without an address', c.catalog.register, 'ext', '')
    call('datacenters', c.catalog.datacenters)
    settled(c.catalog.services, lambda found: 'tcp' in found[1])
    external = lambda answer: [int(answer[0]) > 0, [each for each in answer[1] if each['Node'] == 'ext']]
    call('nodes', c.catalog.nodes, pick=external)
    call('nodes near', c.catalog.nodes, near='n1', pick=external)
    call('nodes in no datacenter', c.catalog.nodes, dc='dc9')
    # Tags come in the order of a hash table.
    tags = lambda answer: [int(answer[0]) > 0, {name: sorted(each) for name, each in answer[1].items()}]
    call('services', c.catalog.services, pick=tags)
    call('services stale', c.catalog.services, consistency='stale', pick=tags)
    call('node', c.catalog.node, 'ext', pick=data)
    call('no node', c.catalog.node, 'nowhere', pick=data)
    call('service', c.catalog.service, 'db', pick=data)
    call('service by tag', c.catalog.service, 'db', tag='main', near='_agent', consistency='consistent', pick=data)
    call('service by another tag', c.catalog.service, 'db', tag='none', pick=data)
    call('no service', c.catalog.service, 'none', pick=data)


def health():
    checks = lambda answer: [int(answer[0]) > 0, [
        [each['Service']['ID'], each['Service']['Weights'], sorted([check['CheckID'], check['Status'], check['Output']]
                                                                   for check in each['Checks'])] for each in answer[1]]]
    call('service', c.health.service, 'db', pick=data)
    call('of an agent', c.health.service, 'web', pick=checks)
    call('passing', c.health.service, 'web', passing=True, pick=checks)
    call('by tag', c.health.service, 'db', tag='pg', near='n1', pick=checks)
    call('none', c.health.service, 'none', pick=data)
    call('checks', c.health.checks, 'db', pick=data)
    call('node', c.health.node, 'ext', pick=data)
    call('no node', c.health.node, 'nowhere', pick=data)
    named = lambda answer: [int(answer[0]) > 0, sorted(each['CheckID'] for each in answer[1])]
    for state in ('any', 'passing', 'warning', 'critical', 'unknown'):
        call('state ' + state, c.health.state, state, near='n1', pick=named)
    index, _ = c.health.service('db')
    threading.Timer(0.2, lambda: consul.Consul(HOST, int(PORT)).catalog.register('ext', '10.9.0.1', check={
        'Node': 'ext', 'CheckID': 'db1:up', 'Name': 'up', 'Status': 'critical', 'ServiceID': 'db1'})).start()
    call('wait', c.health.service, 'db', index=index, wait='10s', pick=checks)


def events():
    call('fire', c.event.fire, 'deploy', body='now', pick=lambda found: dict(found, ID='an id'))
    call('fire for some', c.event.fire, 'deploy', node='^nobody', service='web', tag='v1',
         pick=lambda found: dict(found, ID='an id'))
    settled(c.event.list, lambda found: len(found[1]) >= 1)
    heard = lambda answer: [int(answer[0]) > 0, [[each['Name'], each['Payload']] for each in answer[1]]]
    call('list', c.event.list, 'deploy', pick=heard)
    call('list all', c.event.list, pick=heard)


def queries():
    query = c.query
    made = call('create', query.create, 'db', name='find-db', nearestn=2, datacenters=['dc2'], onlypassing=True,
                tags=['pg', '!old'], ttl='15s')
    template = call('create a template', query.create, 'db', name='any-', regexp='^any-(.*)$')
    call('create with a name that is taken', query.create, 'db', name='find-db')
    call('create without a service', query.create, '')
    made, template = made['ID'], template['ID']
    call('get', query.get, made)
    call('get none', query.get, '00000000-0000-0000-0000-000000000000')
    call('list', query.list, pick=lambda found: sorted(found, key=lambda each: each['Name']))
    call('update', query.update, made, service='db', name='find-db', tags=['pg'])
    shown = lambda found: [chosen(found, 'Service', 'Datacenter', 'Failovers', 'DNS'),
                           [each['Service']['ID'] for each in found['Nodes']]]
    call('execute', query.execute, 'find-db', pick=shown)
    call('execute by id', query.execute, made, near='_agent', limit=1, pick=shown)
    call('execute a template', query.execute, 'any-thing', pick=shown)
    call('execute none', query.execute, 'none', pick=shown)
    call('explain', query.explain, 'any-thing')
    for each in (made, template, made):
        call('delete', query.delete, each)
    call('list after', query.list)


def others():
    place = {'Vec': [0.1] * 8, 'Error': 1.5, 'Adjustment': 0, 'Height': 0.01}
    call('coordinate', c.http.put, lambda got: [got.code, got.body], '/v1/coordinate/update',
         data=json.dumps({'Node': 'ext', 'Segment': '', 'Coord': place}))
    ours = lambda answer: [each for each in answer[1] if each['Node'] == 'ext']
    settled(c.coordinate.nodes, ours)
    call('coordinates', c.coordinate.nodes, consistency='stale', pick=ours)
    call('coordinates of datacenters', c.coordinate.datacenters, pick=lambda found: [sorted(each) for each in found])
    call('raft', c.operator.raft_config, pick=lambda found: [chosen(each, 'Node', 'Leader', 'Voter', 'ProtocolVersion')
                                                             for each in found['Servers']])
    call('leader', c.status.leader)
    call('peers', c.status.peers)
    encoded = lambda text: base64.b64encode(text.encode()).decode()
    transactions = {
        'several': [{'KV': {'Verb': 'set', 'Key': 't/a', 'Value': encoded('1'), 'Flags': 7}},
                    {'KV': {'Verb': 'get', 'Key': 't/a'}}, {'KV': {'Verb': 'get-tree', 'Key': 't/'}}],
        'one that fails': [{'KV': {'Verb': 'set', 'Key': 't/b', 'Value': encoded('1')}},
                           {'KV': {'Verb': 'check-index', 'Key': 't/a', 'Index': 1}}],
        'a read': [{'KV': {'Verb': 'check-not-exists', 'Key': 't/b'}}],
        'nodes': [{'Node': {'Verb': 'set', 'Node': {'Node': 'txn', 'Address': '10.9.0.7'}}},
                  {'Service': {'Verb': 'set', 'Node': 'txn', 'Service': {'Service': 'x', 'Port': 1}}},
                  {'Check': {'Verb': 'set', 'Check': {'Node': 'txn', 'CheckID': 'y', 'Status': 'passing'}}}],
    }
    for name, operations in transactions.items():
        call('transaction of ' + name, c.http.put, lambda got: [got.code, json.loads(got.body)], '/v1/txn',
             data=json.dumps(operations))
    for name, function in [('list', c.acl.list), ('info', lambda: c.acl.info('x')), ('create', c.acl.create),
                           ('update', lambda: c.acl.update('x')), ('clone', lambda: c.acl.clone('x')),
                           ('destroy', lambda: c.acl.destroy('x'))]:
        call('acl ' + name, function)
    call('deregister a check', c.catalog.deregister, 'ext', check_id='db1:up')
    call('deregister a service', c.catalog.deregister, 'ext', service_id='db1')
    call('deregister a node', c.catalog.deregister, 'ext')
    call('gone', c.catalog.node, 'ext', pick=data)


for area in (kv, sessions, agent, catalog, health, events, queries, others):
    before = len(calls)
    area()
    for each in calls[before:]:
        each[0] = area.__name__ + ': ' + each[0]
print(json.dumps(calls, ensure_ascii=False))
